package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.emulator.FreePort;
import dev.holdfast.gcp.GcpOptions;
import dev.holdfast.world.GoogleEmulators;
import dev.holdfast.world.OnEmulators;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The README's commands, run by a shell as its reader would, on the packaged program. */
@Timeout(420)
class ReadmeIT {

  private static final int SESSION_SECONDS_MAX = 240;

  @TempDir Path directory;

  private static String readme() throws IOException {
    return Files.readString(Path.of("README.md"));
  }

  private static List<String> blocks(String text, String language) {
    Matcher block =
        Pattern.compile("^```" + language + "\\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL)
            .matcher(text);
    return block.results().map(found -> found.group(1)).toList();
  }

  private String run(String script) throws IOException, InterruptedException {
    Path output = directory.resolve("output.txt");
    Process shell =
        new ProcessBuilder("bash", "-c", script)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    shell.getOutputStream().close();
    boolean ended = shell.waitFor(SESSION_SECONDS_MAX, TimeUnit.SECONDS);
    if (!ended) {
      shell.descendants().forEach(ProcessHandle::destroyForcibly);
      shell.destroyForcibly();
    }
    String said = Files.readString(output, StandardCharsets.UTF_8);
    assertThat(ended).as("the session ended; it said:%n%s", said).isTrue();
    assertThat(shell.exitValue()).as("the session said:%n%s", said).isZero();
    return said;
  }

  /** What is under a heading, up to the next one. */
  private static String under(String heading) throws IOException {
    String readme = readme();
    int from = readme.indexOf("\n## " + heading + "\n");
    assertThat(from).as(heading).isPositive();
    int to = readme.indexOf("\n## ", from + 1);
    return to < 0 ? readme.substring(from) : readme.substring(from, to);
  }

  @Test
  void theSessionUnderUseItRuns() throws Exception {
    List<String> blocks = blocks(under("Use it"), "sh");
    assertThat(blocks).hasSizeGreaterThanOrEqualTo(3);

    String said = session(blocks);

    assertThat(said).contains("\"state\":\"complete\"").contains("1000 vectors.jsonl");
    assertThat(Files.readAllLines(directory.resolve("vectors.jsonl"))).hasSize(1_000);
  }

  /** Runs what begins with a server in the background; what it said. */
  private String session(List<String> blocks) throws IOException, InterruptedException {
    int port = FreePort.find();
    String holdfast = Path.of("holdfast").toAbsolutePath().toString();
    String session =
        String.join("\n", blocks)
            .replace("./holdfast", "'" + holdfast + "'")
            .replace(":8080", ":" + port);
    return run(
        """
            set -euo pipefail
            export HOLDFAST_PORT=%d HOLDFAST_MANAGEMENT_PORT=0 HOLDFAST_SERVER=http://127.0.0.1:%d
            trap 'kill %%1; wait' EXIT
            %s
            """
            .formatted(port, port, session));
  }

  @Nested
  @OnEmulators
  class OnGoogleCloud {

    @Test
    void theSessionOnEmulatorsRuns() throws Exception {
      String said = session(blocks(under("On Google Cloud"), "sh"));
      assertThat(said).contains("complete, 1 items, 0 of them with an error");
    }

    @Test
    void theCommandsForAProjectOfOnesOwnRun() throws Exception {
      List<String> commands =
          blocks(under("On Google Cloud"), "console")
              .get(0)
              .lines()
              .map(line -> line.substring(2).replaceFirst("\\s+#.*", ""))
              .toList();
      assertThat(commands.get(0)).startsWith("./holdfast gcp init");
      assertThat(commands.get(1)).startsWith("./holdfast gcp check");
      GcpOptions place = GoogleEmulators.fresh();
      StringBuilder script = new StringBuilder("set -euo pipefail\n");
      place
          .emulators()
          .forEach((name, host) -> script.append("export %s=%s\n".formatted(name, host)));
      script.append(
          "export HOLDFAST_GCP_PROJECT=%s HOLDFAST_GCP_BUCKET=%s\n"
              .formatted(place.project(), place.bucket()));
      String holdfast = "'" + Path.of("holdfast").toAbsolutePath() + "'";
      script.append(commands.get(1).replace("./holdfast", holdfast)).append(" && exit 9\n");
      script.append("set -e\n");
      for (String command : commands.subList(0, 2)) {
        script.append(command.replace("./holdfast", holdfast)).append("\n");
      }
      assertThat(run(script.toString())).contains("holdfast-jobs-worker");
    }
  }

  @Test
  void theDemoLosesNothing() throws Exception {
    assertThat(blocks(readme(), "console").get(0))
        .startsWith("$ ./holdfast demo\n")
        .contains("lost 0");
    String said =
        run("'" + Path.of("holdfast").toAbsolutePath() + "' demo --items 1000 --json 2>&1");
    String last = said.lines().reduce((before, line) -> line).orElseThrow();
    assertThat(last)
        .contains("\"lost\":0", "\"duplicated\":0", "\"recomputed\":", "\"resumed_at\":");
  }

  @Test
  void theTableOfSettingsIsTheCodes() throws Exception {
    String table =
        Arrays.stream(Setting.values())
            .map(
                s ->
                    "| `%s` | %s | %s |"
                        .formatted(
                            s.key(),
                            s.standard().isEmpty() ? "" : "`" + s.standard() + "`",
                            s.meaning()))
            .collect(Collectors.joining("\n"));
    assertThat(readme()).contains(table);
  }
}
