package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.client.ExitCode;
import dev.holdfast.client.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The command line without a server. */
class MainTest {

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int run(Map<String, String> environment, String... args) {
    return Main.run(
        new Terminal(
            InputStream.nullInputStream(),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            false,
            environment),
        args);
  }

  private String said() {
    return out.toString(StandardCharsets.UTF_8) + err.toString(StandardCharsets.UTF_8);
  }

  @Test
  void helpNamesEveryVerbAndEveryExitCode() {
    assertThat(run(Map.of(), "--help")).isEqualTo(ExitCode.OK);
    assertThat(said())
        .contains("api", "worker", "local", "demo", "submit", "watch", "result", "jobs")
        .contains("cancel", "retry", "workers", "Exit codes: 0 done; 1 the job failed");
  }

  @Test
  void bashCompletesVerbsAndTheirOptions() throws Exception {
    assertThat(run(Map.of(), "completion")).isEqualTo(ExitCode.OK);
    String script =
        said()
            + """

            COMP_WORDS=(holdfast "$@") COMP_CWORD=$#
            _complete_holdfast && printf '%s\\n' "${COMPREPLY[@]}"
            """;
    assertThat(bash(script, "wat")).contains("watch");
    assertThat(bash(script, "submit", "--id")).contains("--idempotency-key");
  }

  private static String bash(String script, String... words) throws Exception {
    List<String> command = new ArrayList<>(List.of("bash", "-c", script, "bash"));
    command.addAll(List.of(words));
    Process bash = new ProcessBuilder(command).redirectErrorStream(true).start();
    bash.getOutputStream().close();
    String said = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(bash.waitFor()).as(said).isZero();
    return said;
  }

  @Test
  void wrongUsageIsTwo() {
    assertThat(run(Map.of())).isEqualTo(ExitCode.USAGE);
    assertThat(run(Map.of(), "submitt")).isEqualTo(ExitCode.USAGE);
    assertThat(run(Map.of(), "watch")).isEqualTo(ExitCode.USAGE);
    assertThat(run(Map.of(), "submit", "--text", "a")).isEqualTo(ExitCode.USAGE);
    assertThat(run(Map.of(), "submit", "--model", "m")).isEqualTo(ExitCode.USAGE);
    assertThat(run(Map.of(), "submit", "--model", "m", "--text", "a", "--uri", "b"))
        .isEqualTo(ExitCode.USAGE);
    assertThat(run(Map.of(), "submit", "--model", "m", "lines")).isEqualTo(ExitCode.USAGE);
    assertThat(run(Map.of(), "submit", "--model", "m", "--file", "/no/such"))
        .isEqualTo(ExitCode.USAGE);
    assertThat(run(Map.of(), "watch", "../../etc")).isEqualTo(ExitCode.USAGE);
    assertThat(run(Map.of(), "jobs", "--server", "ftp://x")).isEqualTo(ExitCode.USAGE);
    assertThat(run(Map.of("HOLDFAST_SERVER", "nonsense"), "jobs")).isEqualTo(ExitCode.USAGE);
    assertThat(run(Map.of(), "demo", "--items", "3")).isEqualTo(ExitCode.USAGE);
    assertThat(run(Map.of(), "local", "--workers", "-1")).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void flagsWinOverTheEnvironmentAndAllProblemsAreTold() {
    int code =
        run(
            Map.of("HOLDFAST_PORT", "1", "HOLDFAST_SLOTS", "none"),
            "api",
            "--port",
            "many",
            "--lease",
            "1s");

    assertThat(code).isEqualTo(ExitCode.USAGE);
    assertThat(said())
        .contains("HOLDFAST_PORT=many must be", "HOLDFAST_SLOTS=none must be")
        .contains("HOLDFAST_LEASE=1s must be");
  }
}
