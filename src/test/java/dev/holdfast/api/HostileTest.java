package dev.holdfast.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.JobError;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that do not play by the rules of HTTP, over bare sockets. */
class HostileTest {

  private static final String POST =
      "POST /v1/jobs HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n";
  private static final Duration HEADERS_WAIT = Duration.ofSeconds(1);

  @TempDir static Path directory;
  static ApiFixture api;

  @BeforeAll
  static void start() throws Exception {
    ApiOptions.Limits limits =
        new ApiOptions.Limits(
            1 << 20,
            1 << 20,
            100,
            100,
            10,
            HEADERS_WAIT,
            Duration.ofSeconds(1),
            Duration.ofSeconds(2),
            Duration.ofSeconds(10),
            ApiOptions.Streams.USUAL);
    api = new ApiFixture(directory, limits, services -> services);
  }

  @AfterAll
  static void stop() throws Exception {
    api.get("/v1/stats").is(200);
    api.close();
  }

  private static Answer ask(String request) throws IOException {
    try (Socket socket = api.connect()) {
      socket.getOutputStream().write(request.getBytes(ISO_8859_1));
      return RawAnswer.read(socket);
    }
  }

  @Test
  void aRequestLineOrHeadersWithoutEndAreRefused() throws Exception {
    ask("GET /v1/jobs?cursor=" + "x".repeat(9_000) + " HTTP/1.1\r\nHost: a\r\n\r\n")
        .isProblem(414, JobError.INVALID_REQUEST, "8192 bytes");
    ask("GET /v1/jobs HTTP/1.1\r\nHost: a\r\nX-A: " + "x".repeat(20_000) + "\r\n\r\n")
        .isProblem(431, JobError.INVALID_REQUEST, "16384 bytes");
    ask("GET /v1/jobs HTTP/1.1\r\nHost: a\r\n" + "X-A: b\r\n".repeat(200) + "\r\n")
        .isProblem(431, JobError.INVALID_REQUEST, "100 headers");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /v1/jobs HTTP/1.1\r\nHost: a\r\nX A: b\r\n\r\n",
        "GET /v1/jobs HTTP/1.1\r\nHost: a\r\nX-A: b\u0000c\r\n\r\n",
        "GET /v1/jobs HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n",
        "GET /v1/jobs%ZZ HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /v1/jobs/%ff%fe?wait=%zz HTTP/1.1\r\nHost: a\r\n\r\n",
        "nonsense\r\n\r\n",
        "GET /v1/jobs\r\n\r\n",
        "GET /v1/jobs FTP/9\r\n\r\n",
        POST + "Content-Length: -1\r\n\r\n",
        POST + "Content-Length: 99999999999999999999\r\n\r\n",
        POST + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n12",
      })
  void whatIsNotHttpIsRefused(String request) throws Exception {
    Answer answer = ask(request);
    assertThat(answer.status()).isIn(400, 404, 431);
    answer.isProblem(
        answer.status(),
        answer.status() == 404 ? JobError.ROUTE_NOT_FOUND : JobError.INVALID_REQUEST);
  }

  @Test
  void aHeadThatTricklesInIsCutOff() throws Exception {
    try (Socket socket = api.connect()) {
      long begun = System.nanoTime();
      assertThat(closedWhileTrickling(socket, "GET /v1/jobs HTTP/1.1\r\nX-A: ")).isTrue();
      assertThat(Duration.ofNanos(System.nanoTime() - begun))
          .isBetween(HEADERS_WAIT.minusMillis(100), HEADERS_WAIT.plusSeconds(4));
    }
  }

  @Test
  void aSecondHeadThatTricklesInIsCutOffToo() throws Exception {
    try (Socket socket = api.connect()) {
      socket.getOutputStream().write("GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(UTF_8));
      RawAnswer.read(socket).is(200);
      assertThat(closedWhileTrickling(socket, "GET /v1/jobs HTTP/1.1\r\nX-A: ")).isTrue();
    }
  }

  @Test
  void aHeadThatTricklesInAfterAFailedUpgradeIsCutOffToo() throws Exception {
    String upgrade =
        """
        GET /v1/events HTTP/1.1\r
        Host: a\r
        Connection: Upgrade\r
        Upgrade: websocket\r
        Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r
        Sec-WebSocket-Version: 99\r
        \r
        """;
    try (Socket socket = api.connect()) {
      socket.getOutputStream().write(upgrade.getBytes(UTF_8));
      assertThat(RawAnswer.head(socket)).startsWith("HTTP/1.1 426");
      assertThat(closedWhileTrickling(socket, "GET /v1/jobs HTTP/1.1\r\nX-A: ")).isTrue();
    }
  }

  /** Sends a byte whenever nothing has come for a while. */
  private static boolean closedWhileTrickling(Socket socket, String begin) throws IOException {
    socket.setSoTimeout(100);
    long limit = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    try {
      socket.getOutputStream().write(begin.getBytes(UTF_8));
      while (System.nanoTime() < limit) {
        try {
          if (socket.getInputStream().read() < 0) {
            return true;
          }
        } catch (SocketTimeoutException e) {
          socket.getOutputStream().write('x');
        }
      }
      return false;
    } catch (SocketException e) {
      return true;
    }
  }

  @Test
  void aBodyThatTricklesInIsGivenUp() throws Exception {
    Answer answer = ask(POST + "Content-Length: 100\r\n\r\n{\"model\"");
    answer.isProblem(408, JobError.INVALID_REQUEST, "within 1 s");
    assertThat(answer.header("Connection")).isEqualTo("close");
  }

  @Test
  void aBodyThatIsAnnouncedTooLargeIsNotWaitedFor() throws Exception {
    ask(POST + "Content-Length: 1048577\r\n\r\n")
        .isProblem(413, JobError.BODY_TOO_LARGE, "1048576 bytes");
  }

  @Test
  void pipelinedRequestsAreAnsweredInTurn() throws Exception {
    try (Socket socket = api.connect()) {
      socket
          .getOutputStream()
          .write(
              ("GET /v1/jobs/x HTTP/1.1\r\nHost: a\r\n\r\n"
                      + "POST /v1/jobs HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                      + "Content-Length: 2\r\n\r\n{}"
                      + "GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n")
                  .getBytes(UTF_8));
      RawAnswer.read(socket).is(404);
      RawAnswer.read(socket).is(400);
      RawAnswer.read(socket).is(200);
    }
  }
}
