package dev.holdfast.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is tried again, how often, and how a broken download goes on. */
class HoldfastClientTest {

  private static final String ROWS = "{\"index\":0}\n{\"index\":1}\n";
  private static final int BYTES = ROWS.length();

  private final List<Duration> pauses = new ArrayList<>();
  private final ByteArrayOutputStream rows = new ByteArrayOutputStream();
  private ScriptedServer server;
  private HoldfastClient client;

  @BeforeEach
  void listen() throws IOException, ClientException {
    server = new ScriptedServer();
    client = new HoldfastClient(server.url() + "/", pauses::add);
  }

  @AfterEach
  void hangUp() {
    server.close();
  }

  private long download() throws ClientException {
    return client.download("job_1", (bytes, length) -> rows.write(bytes, 0, length));
  }

  @Test
  void aBrokenDownloadGoesOnWhereItBroke() throws ClientException {
    server.thenBroken("\"a\"", BYTES, ROWS.substring(0, 9));
    server.thenRest(ROWS, 9, "\"a\"");

    assertThat(download()).isEqualTo(BYTES);

    assertThat(rows.toString(StandardCharsets.UTF_8)).isEqualTo(ROWS);
    assertThat(server.asked.get(1).headers().range()).isEqualTo("bytes=9-");
    assertThat(pauses).hasSize(1);
  }

  @Test
  void aServerThatKnowsNoRangesIsReadFromTheStart() throws ClientException {
    server.thenBroken("\"a\"", BYTES, ROWS.substring(0, 9));
    server.then(
        exchange -> {
          exchange.getResponseHeaders().set("ETag", "\"a\"");
          exchange.sendResponseHeaders(200, BYTES);
          exchange.getResponseBody().write(ROWS.getBytes(StandardCharsets.UTF_8));
        });

    assertThat(download()).isEqualTo(BYTES);
    assertThat(rows.toString(StandardCharsets.UTF_8)).isEqualTo(ROWS);
  }

  @Test
  void anEndThatWasCutOffIsFoundOut() throws ClientException {
    server.then(
        exchange -> {
          exchange.getResponseHeaders().set("ETag", "\"a\"");
          exchange.sendResponseHeaders(200, BYTES + 1);
          exchange.getResponseBody().write(ROWS.getBytes(StandardCharsets.UTF_8));
          exchange.getResponseBody().flush();
        });
    server.then(
        exchange -> {
          exchange.getResponseHeaders().set("Content-Range", "bytes */" + BYTES);
          exchange.sendResponseHeaders(416, -1);
        });

    assertThat(download()).isEqualTo(BYTES);
  }

  @Test
  void aResultThatChangedInBetweenIsRefused() {
    server.thenBroken("\"a\"", BYTES, ROWS.substring(0, 9));
    server.thenRest(ROWS, 9, "\"b\"");

    ClientException refused = catchThrowableOfType(ClientException.class, this::download);

    assertThat(refused.exitCode()).isEqualTo(ExitCode.REFUSED);
    assertThat(refused).hasMessageContaining("the result changed");
  }

  @Test
  void anotherRangeThanWasAskedForIsRefused() {
    server.thenBroken("\"a\"", BYTES, ROWS.substring(0, 9));
    server.thenRest(ROWS, 3, "\"a\"");

    ClientException refused = catchThrowableOfType(ClientException.class, this::download);

    assertThat(refused).hasMessageContaining("another part of the result");
  }

  @Test
  void aDownloadThatNeverGetsOnIsGivenUp() {
    for (int i = 0; i < 20; i++) {
      server.thenBroken("\"a\"", BYTES, "");
    }

    ClientException refused = catchThrowableOfType(ClientException.class, this::download);

    assertThat(refused.exitCode()).isEqualTo(ExitCode.UNREACHABLE);
    // A connection that breaks before its head was read is tried again one level below, too.
    assertThat(pauses).hasSizeBetween(Http.triesMax(), 2 * Http.triesMax());
  }

  @Test
  void aFullDiskIsNoFaultOfTheServer() {
    server.then(200, "application/x-ndjson", ROWS);

    ClientException refused =
        catchThrowableOfType(
            ClientException.class,
            () ->
                client.download(
                    "job_1",
                    (bytes, length) -> {
                      throw new IOException("no space left");
                    }));

    assertThat(refused.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(refused).hasMessageContaining("no space left");
    assertThat(server.asked).hasSize(1);
  }

  @Test
  void aBusyServerIsAskedAgainWhenItSaysSo() throws ClientException {
    server.then(
        exchange -> {
          exchange.getResponseHeaders().set("Retry-After", "7");
          exchange.sendResponseHeaders(429, -1);
        });
    server.thenJson("{\"jobs\":[]}");

    assertThat(client.jobs(Map.of()).path("jobs").isArray()).isTrue();
    assertThat(pauses).containsExactly(Duration.ofSeconds(7));
  }

  @Test
  void tooMuchPatienceIsNotHad() {
    server.then(
        exchange -> {
          exchange.getResponseHeaders().set("Retry-After", "3600");
          exchange.sendResponseHeaders(503, -1);
        });

    ClientException refused =
        catchThrowableOfType(ClientException.class, () -> client.jobs(Map.of()));

    assertThat(refused.exitCode()).isEqualTo(ExitCode.REFUSED);
    assertThat(pauses).isEmpty();
  }

  @Test
  void aSubmissionWhoseAnswerIsLostIsSentAgainWithTheSameKey() throws ClientException {
    server.then(exchange -> {});
    server.thenJson("{\"id\":\"job_1\",\"state\":\"queued\",\"version\":1}");

    JobView job = client.submit(Http.JSON.createObjectNode(), "key-1");

    assertThat(job.id()).isEqualTo("job_1");
    assertThat(server.asked).hasSizeGreaterThanOrEqualTo(2);
    assertThat(server.asked).allMatch(asked -> asked.headers().idempotencyKey().equals("key-1"));
  }

  @Test
  void anAnswerWithoutEndIsNotRead() {
    server.thenJson("{\"x\":\"" + "y".repeat(Http.ANSWER_BYTES_MAX) + "\"}");

    ClientException refused =
        catchThrowableOfType(ClientException.class, () -> client.jobs(Map.of()));

    assertThat(refused).hasMessageContaining("longer than");
  }
}
