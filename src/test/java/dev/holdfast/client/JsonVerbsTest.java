package dev.holdfast.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** What programs read: with --json the standard output is JSON and nothing else. */
class JsonVerbsTest {

  private static final String JOB =
      """
      {"id":"job_1","state":"complete","version":4,"model":"m","created_at":"2026-01-01T00:00:00.000Z",
       "progress":{"done":10,"failed":0,"total":10}}
      """;
  private static final String ROW = "{\"index\":0}\n";

  @TempDir Path directory;

  @Command(name = "test")
  private static final class Root {}

  private static CommandLine verbs(OutputStream out) {
    PrintStream nowhere =
        new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);
    Terminal terminal =
        new Terminal(
            InputStream.nullInputStream(),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            nowhere,
            false,
            Map.of());
    CommandLine line = new CommandLine(new Root());
    ClientVerbs.addTo(line, terminal);
    return line;
  }

  private static List<String> said(ScriptedServer server, List<String> words) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    List<String> line = new ArrayList<>(words);
    line.addAll(List.of("--json", "--server", server.url()));
    assertThat(verbs(out).execute(line.toArray(String[]::new))).as("%s", line).isZero();
    return out.toString(StandardCharsets.UTF_8).lines().toList();
  }

  @Test
  void everyVerbSaysLinesOfJsonAndNothingElse() throws Exception {
    List<List<String>> lines =
        List.of(
            List.of("submit", "--model", "m", "--text", "a", "--watch"),
            List.of("watch", "job_1"),
            List.of("result", "job_1"),
            List.of("result", "job_1", "-o", directory.resolve("rows").toString()),
            List.of("jobs"),
            List.of("cancel", "job_1"),
            List.of("retry", "job_1"),
            List.of("dead"),
            List.of("workers"));
    Set<String> tried = new HashSet<>();
    try (ScriptedServer server = new ScriptedServer()) {
      server.then(202, "application/json", JOB).thenJson(JOB);
      server.then(200, "application/x-ndjson", ROW).then(200, "application/x-ndjson", ROW);
      server.thenJson("{\"jobs\":[" + JOB + "]}").thenJson(JOB).thenJson(JOB);
      server.thenJson("{\"dead_letters\":[]}").thenJson("{\"workers\":[]}");
      for (List<String> words : lines) {
        List<String> said = said(server, words);
        assertThat(said).as("%s", words).isNotEmpty().doesNotHaveDuplicates();
        for (String line : said) {
          assertThat(Http.JSON.readTree(line).isObject()).as("%s: %s", words, line).isTrue();
        }
        tried.add(words.get(0));
      }
    }
    assertThat(tried)
        .as("no verb is left out")
        .isEqualTo(verbs(OutputStream.nullOutputStream()).getSubcommands().keySet());
  }
}
