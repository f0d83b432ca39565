package dev.holdfast.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.JobError;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UploadTest {

  private static final long INPUT_BYTES_MAX = 4_000_000;

  @TempDir static Path directory;
  static ApiFixture api;

  @BeforeAll
  static void start() throws Exception {
    ApiOptions.Limits limits =
        new ApiOptions.Limits(
            1 << 20,
            INPUT_BYTES_MAX,
            100,
            100,
            2,
            Duration.ofSeconds(5),
            Duration.ofSeconds(1),
            Duration.ofSeconds(75),
            Duration.ofSeconds(10),
            ApiOptions.Streams.USUAL);
    api = new ApiFixture(directory, limits, services -> services);
  }

  @AfterAll
  static void stop() throws Exception {
    api.close();
  }

  private static Answer upload(Buffer content) throws Exception {
    return api.send("POST", "/v1/inputs", content, "Content-Type", "application/x-ndjson");
  }

  private static List<String> keptInputs() throws Exception {
    return ApiFixture.await(api.embedded.objects().list("inputs/", null, 1000)).stream()
        .map(info -> info.key())
        .toList();
  }

  private static long files() throws IOException {
    try (Stream<Path> all = Files.walk(api.dataDirectory.resolve("objects"))) {
      return all.filter(Files::isRegularFile).count();
    }
  }

  private static void begin(Socket socket, String framing) throws IOException {
    socket
        .getOutputStream()
        .write(
            ("POST /v1/inputs HTTP/1.1\r\nHost: a\r\nContent-Type: application/jsonl\r\n"
                    + framing
                    + "\r\n\r\n")
                .getBytes(UTF_8));
  }

  private static void untilUploads(int uploads) {
    long limit = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (api.meters.get(ApiMetrics.UPLOADS).gauge().value() != uploads) {
      assertThat(System.nanoTime()).as("%d uploads go on", uploads).isLessThan(limit);
      Thread.onSpinWait();
    }
  }

  @Test
  void everyByteArrives() throws Exception {
    byte[] bytes = new byte[3_000_001];
    new Random(7).nextBytes(bytes);

    Answer answer = upload(Buffer.buffer(bytes)).is(201);

    String id = answer.json().getString("input_id");
    assertThat(answer.json().getLong("bytes")).isEqualTo(bytes.length);
    assertThat(answer.header("Location")).isEqualTo("/v1/inputs/" + id);
    assertThat(api.get(answer.header("Location")).is(200).json()).isEqualTo(answer.json());
    Buffer stored =
        ApiFixture.await(
            api.embedded.objects().read("inputs/" + id + "/items.jsonl", 0, bytes.length + 1));
    assertThat(stored.getBytes()).isEqualTo(bytes);
  }

  @Test
  void nothingIsNoInput() throws Exception {
    upload(Buffer.buffer()).isProblem(422, JobError.EMPTY_INPUT, "at least one line");
    try (Socket socket = api.connect()) {
      begin(socket, "Transfer-Encoding: chunked");
      socket.getOutputStream().write("0\r\n\r\n".getBytes(UTF_8));
      RawAnswer.read(socket).isProblem(422, JobError.EMPTY_INPUT, "at least one line");
    }
  }

  @Test
  void whatIsTooLargeIsRefusedAnnouncedOrNotAndLeavesNothing() throws Exception {
    List<String> before = keptInputs();
    long filesBefore = files();
    try (Socket socket = api.connect()) {
      begin(socket, "Content-Length: 50000000001");
      RawAnswer.read(socket).isProblem(413, JobError.BODY_TOO_LARGE, "4000000 bytes");
    }
    try (Socket socket = api.connect()) {
      begin(socket, "Transfer-Encoding: chunked");
      byte[] chunk = ("3E8\r\n" + "x".repeat(1000) + "\r\n").getBytes(UTF_8);
      for (int i = 0; i < INPUT_BYTES_MAX / 1000; i++) {
        socket.getOutputStream().write(chunk);
      }
      socket.getOutputStream().write("1\r\nx\r\n".getBytes(UTF_8));
      RawAnswer.read(socket).isProblem(413, JobError.BODY_TOO_LARGE, "4000000 bytes");
    }
    assertThat(keptInputs()).isEqualTo(before);
    assertThat(files()).isEqualTo(filesBefore);
  }

  @Test
  void anUploadThatBreaksOffLeavesNothing() throws Exception {
    List<String> before = keptInputs();
    long filesBefore = files();
    try (Socket socket = api.connect()) {
      begin(socket, "Content-Length: 1000000");
      socket.getOutputStream().write(new byte[700_000]);
      untilUploads(1);
    }
    untilUploads(0);
    assertThat(keptInputs()).isEqualTo(before);
    assertThat(files()).isEqualTo(filesBefore);
  }

  @Test
  void anUploadThatStallsIsEndedAndLeavesNothing() throws Exception {
    List<String> before = keptInputs();
    long filesBefore = files();
    try (Socket socket = api.connect()) {
      begin(socket, "Content-Length: 1000000");
      socket.getOutputStream().write(new byte[300_000]);
      RawAnswer.read(socket).isProblem(408, JobError.INVALID_REQUEST, "within 1 s");
      assertThat(socket.getInputStream().read()).isEqualTo(-1);
    }
    assertThat(keptInputs()).isEqualTo(before);
    assertThat(files()).isEqualTo(filesBefore);
  }

  @Test
  void onlySoManyUploadsAtOnce() throws Exception {
    try (Socket one = api.connect();
        Socket two = api.connect()) {
      begin(one, "Content-Length: 10");
      begin(two, "Content-Length: 10");
      untilUploads(2);
      upload(Buffer.buffer("1\n")).isProblem(429, JobError.TOO_MANY_REQUESTS, "2 uploads");
    }
    untilUploads(0);
    upload(Buffer.buffer("1\n")).is(201);
  }

  @Test
  void aClientThatAsksFirstIsToldToGoOn() throws Exception {
    try (Socket socket = api.connect()) {
      begin(socket, "Content-Length: 2\r\nExpect: 100-continue");
      assertThat(RawAnswer.head(socket)).startsWith("HTTP/1.1 100");
      socket.getOutputStream().write("1\n".getBytes(UTF_8));
      RawAnswer.read(socket).is(201);
    }
  }
}
