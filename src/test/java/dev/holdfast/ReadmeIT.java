package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
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

  private static List<String> blocks(String language) throws IOException {
    Matcher block =
        Pattern.compile("^```" + language + "\\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL)
            .matcher(readme());
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

  @Test
  void theSessionUnderUseItRuns() throws Exception {
    List<String> blocks = blocks("sh");
    assertThat(blocks).hasSizeGreaterThanOrEqualTo(3);
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    String holdfast = Path.of("holdfast").toAbsolutePath().toString();
    String session =
        String.join("\n", blocks)
            .replace("./holdfast", "'" + holdfast + "'")
            .replace(":8080", ":" + port);
    String said =
        run(
            """
            set -euo pipefail
            export HOLDFAST_PORT=%d HOLDFAST_MANAGEMENT_PORT=0 HOLDFAST_SERVER=http://127.0.0.1:%d
            trap 'kill %%1; wait' EXIT
            %s
            """
                .formatted(port, port, session));

    assertThat(said).contains("\"state\":\"complete\"").contains("1000 vectors.jsonl");
    assertThat(Files.readAllLines(directory.resolve("vectors.jsonl"))).hasSize(1_000);
  }

  @Test
  void theDemoLosesNothing() throws Exception {
    assertThat(blocks("console").get(0)).startsWith("$ ./holdfast demo\n").contains("lost 0");
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
