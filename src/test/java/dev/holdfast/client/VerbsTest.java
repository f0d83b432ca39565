package dev.holdfast.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.emulator.FreePort;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Every verb against a real server, over a real socket. */
class VerbsTest {

  private static final String INPUT = "in_" + "0".repeat(26);

  @TempDir Path directory;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private String typed = "";
  private ScriptedServer server;

  @BeforeEach
  void listen() throws IOException {
    server = new ScriptedServer();
  }

  @AfterEach
  void hangUp() {
    server.close();
  }

  @Command(name = "test")
  private static final class Root {}

  private int run(String... args) {
    Terminal terminal =
        new Terminal(
            new ByteArrayInputStream(typed.getBytes(StandardCharsets.UTF_8)),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            false,
            Map.of("HOLDFAST_SERVER", server.url()));
    CommandLine line = new CommandLine(new Root());
    ClientVerbs.addTo(line, terminal);
    line.setExecutionExceptionHandler(
        (e, command, parsed) -> {
          terminal.err().println(e.getMessage());
          return e instanceof ClientException known ? known.exitCode() : 99;
        });
    return line.execute(args);
  }

  private static String job(String state, int version, int done, String more) {
    return """
    {"id":"job_1","state":"%s","version":%d,"model":"m","created_at":"2026-01-01T00:00:00.000Z",
     "progress":{"done":%d,"failed":0,"total":10}%s}
    """
        .formatted(state, version, done, more);
  }

  private String said() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private String complained() {
    return err.toString(StandardCharsets.UTF_8);
  }

  @Test
  void submitSendsTextsWithLabelsAndAKeyOfItsOwn() {
    server.then(202, "application/json", job("queued", 1, 0, ""));

    assertThat(
            run(
                "submit",
                "--model",
                "m",
                "--text",
                "a",
                "--text",
                "b \"c\"",
                "--label",
                "k=v",
                "--webhook",
                "https://example.com/x",
                "--encoding",
                "base64"))
        .isZero();

    assertThat(said()).isEqualTo("job_1\n");
    ScriptedServer.Asked asked = server.asked.get(0);
    assertThat(asked.method() + " " + asked.uri()).isEqualTo("POST /v1/jobs");
    assertThat(asked.headers().idempotencyKey()).hasSizeGreaterThan(30);
    assertThat(asked.body())
        .isEqualTo(
            "{\"model\":\"m\",\"input\":{\"items\":[\"a\",\"b \\\"c\\\"\"]},"
                + "\"labels\":{\"k\":\"v\"},\"webhook\":{\"url\":\"https://example.com/x\"},"
                + "\"encoding\":\"base64\"}");
  }

  @Test
  void submitUploadsAFileFirst() throws IOException {
    Path file = Files.writeString(directory.resolve("in.jsonl"), "\"a\"\n\"b\"\n");
    server.then(201, "application/json", "{\"input_id\":\"%s\",\"bytes\":8}".formatted(INPUT));
    server.then(202, "application/json", job("queued", 1, 0, ""));

    assertThat(
            run("submit", "--model", "m", "--file", file.toString(), "--idempotency-key", "mine"))
        .isZero();

    assertThat(server.asked.get(0).uri()).isEqualTo("/v1/inputs");
    assertThat(server.asked.get(0).headers().contentType()).isEqualTo("application/x-ndjson");
    assertThat(server.asked.get(0).body()).isEqualTo("\"a\"\n\"b\"\n");
    assertThat(server.asked.get(1).body()).contains("{\"input_id\":\"" + INPUT + "\"}");
    assertThat(server.asked.get(1).headers().idempotencyKey()).isEqualTo("mine");
  }

  @Test
  void submitReadsLinesThatAreTyped() {
    typed = "first\n\nsecond \"quoted\"\n";
    server.then(201, "application/json", "{\"input_id\":\"%s\",\"bytes\":8}".formatted(INPUT));
    server.then(202, "application/json", job("queued", 1, 0, ""));

    assertThat(run("submit", "--model", "m", "-")).isZero();

    assertThat(server.asked.get(0).body()).isEqualTo("\"first\"\n\"second \\\"quoted\\\"\"\n");
  }

  @Test
  void watchTellsAttemptsAndEndsWithTheJob() {
    String first = ",\"attempts\":[{\"worker\":\"w1\",\"fence\":1,\"resumed_at_item\":0%s}%s]";
    server
        .thenJson(job("queued", 1, 0, ""))
        .thenJson(job("processing", 3, 4, first.formatted("", "")))
        .thenJson(
            job(
                "processing",
                5,
                6,
                first.formatted(
                    ",\"outcome\":\"lost\"",
                    ",{\"worker\":\"w2\",\"node\":\"n2\",\"zone\":\"z\",\"spot\":true,"
                        + "\"fence\":2,\"resumed_at_item\":3}")))
        .thenJson(job("complete", 9, 10, ""));

    assertThat(run("watch", "job_1")).isZero();

    assertThat(complained())
        .contains(
            "queued 0/10",
            "w1 began",
            "w1: lost",
            "w2 resumed at item 3 (n2, z, spot)",
            "complete 10/10")
        .containsOnlyOnce("w1 began");
    assertThat(server.asked.get(2).uri()).isEqualTo("/v1/jobs/job_1?wait=20s&after_version=3");
    assertThat(said()).isEmpty();
  }

  @Test
  void watchExitsWithWhatBecameOfTheJob() {
    server.thenJson(
        job("failed", 4, 2, ",\"error\":{\"code\":\"model_changed\",\"message\":\"other model\"}"));
    server.thenJson(job("cancelled", 4, 2, ""));

    assertThat(run("watch", "job_1")).isEqualTo(ExitCode.JOB_FAILED);
    assertThat(complained()).contains("other model (model_changed)");
    assertThat(run("watch", "--json", "job_1")).isEqualTo(ExitCode.JOB_CANCELLED);
    assertThat(said()).contains("\"state\":\"cancelled\"").hasLineCount(1);
  }

  @Test
  void aRefusalIsToldWithDetailAndCode() {
    server.then(
        422,
        "application/problem+json",
        "{\"type\":\"about:blank\",\"title\":\"t\",\"status\":422,"
            + "\"detail\":\"no such \\u001b[31mmodel\",\"code\":\"unknown_model\"}");

    assertThat(run("submit", "--model", "x", "--text", "a")).isEqualTo(ExitCode.REFUSED);
    assertThat(complained())
        .isEqualTo("no such  [31mmodel (unknown_model, HTTP 422)\n")
        .doesNotContain("\u001b");
  }

  @Test
  void answersThatMakeNoSenseAreRefused() {
    for (String body : new String[] {"", "[]", "<html>", "{}", "{\"id\":1}", "\"x\""}) {
      server.thenJson(body);
      assertThat(run("cancel", "job_1")).as(body).isEqualTo(ExitCode.REFUSED);
    }
    server.then(500, "text/html", "<h1>oops</h1>");
    assertThat(run("retry", "job_1")).isEqualTo(ExitCode.REFUSED);
    assertThat(complained()).contains("HTTP 500: <h1>oops</h1>");
    server.thenJson("{\"jobs\":3}");
    assertThat(run("jobs")).isEqualTo(ExitCode.REFUSED);
    server.thenJson("{\"workers\":null}");
    assertThat(run("workers")).isEqualTo(ExitCode.REFUSED);
  }

  @Test
  void listsAreTables() {
    server.thenJson("{\"jobs\":[" + job("complete", 4, 10, "") + "]}");
    server.thenJson(
        "{\"workers\":[{\"id\":\"w1\",\"host\":\"h\",\"node\":\"n1\",\"spot\":true,\"pid\":7,\"ready\":false,"
            + "\"reason\":\"no model\",\"slots\":64,\"in_flight\":1,\"items_done\":5}]}");

    assertThat(run("jobs", "--state", "complete", "--label", "a=b c", "--limit", "5")).isZero();
    assertThat(run("workers")).isZero();

    assertThat(server.asked.get(0).uri())
        .isEqualTo("/v1/jobs?state=complete&label=a%3Ab+c&limit=5");
    assertThat(said().lines())
        .containsExactly(
            "ID     STATE     MODEL  DONE  TOTAL  FAILED  CREATED",
            "job_1  complete  m      10    10     0       2026-01-01T00:00:00.000Z",
            "ID  NODE  ZONE  SPOT  PID  READY  IN FLIGHT  ITEMS DONE  REASON",
            "w1  n1    ?     yes   7    no     1/64       5           no model");
  }

  @Test
  void deadLettersAreATable() {
    server.thenJson(
        "{\"dead_letters\":[{\"job_id\":\"job_1\",\"at\":\"2026-01-01T00:00:00.000Z\",\"attempts\":3,"
            + "\"fence\":3,\"reason\":\"worker_lost: it died\",\"state\":\"failed\"}]}");
    server.thenJson("{\"dead_letters\":null}");

    assertThat(run("dead", "--limit", "7")).isZero();
    assertThat(server.asked.get(0).uri()).isEqualTo("/v1/dead-letters?limit=7");
    assertThat(said().lines())
        .containsExactly(
            "JOB    AT                        ATTEMPTS  NOW     REASON",
            "job_1  2026-01-01T00:00:00.000Z  3         failed  worker_lost: it died");
    assertThat(run("dead")).isEqualTo(ExitCode.REFUSED);
  }

  @Test
  void cancelAndRetryPost() {
    server.thenJson(job("cancelled", 2, 0, "")).thenJson(job("queued", 3, 0, ""));

    assertThat(run("cancel", "job_1")).isZero();
    assertThat(run("retry", "job_1", "--json")).isZero();

    assertThat(server.asked.get(0).uri()).isEqualTo("/v1/jobs/job_1/cancel");
    assertThat(server.asked.get(1).uri()).isEqualTo("/v1/jobs/job_1/retry");
    assertThat(said()).startsWith("job_1 is cancelled\n{\"id\":\"job_1\"");
  }

  @Test
  void resultGoesToAFileWholeOrNotAtAll() throws IOException {
    Path file = directory.resolve("rows.jsonl");
    server.then(200, "application/x-ndjson", "{\"index\":0}\n");
    server.then(409, "application/problem+json", "{\"detail\":\"wait\",\"code\":\"no\"}");

    assertThat(run("result", "job_1", "-o", file.toString())).isZero();
    assertThat(run("result", "job_1", "-o", directory.resolve("no").toString()))
        .isEqualTo(ExitCode.REFUSED);
    assertThat(run("result", "job_1", "-o", "/no/such/folder/rows")).isEqualTo(ExitCode.USAGE);

    assertThat(file).hasContent("{\"index\":0}");
    assertThat(directory.toFile().list()).containsExactly("rows.jsonl");
  }

  @Test
  void nobodyThereIsFive() throws IOException {
    int free = FreePort.find();
    // The real pauses take six seconds; the bounds themselves are tested without them.
    assertThat(run("jobs", "--server", "http://127.0.0.1:" + free)).isEqualTo(ExitCode.UNREACHABLE);
    assertThat(complained()).contains("cannot reach the server at http://127.0.0.1:" + free);
  }
}
