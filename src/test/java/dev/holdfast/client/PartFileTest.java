package dev.holdfast.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What one download left is what the next begins with. */
class PartFileTest {

  private static final String ROWS = "{\"index\":0}\n{\"index\":1}\n";
  private static final int BYTES = ROWS.length();

  @AutoClose private final ScriptedServer server = new ScriptedServer();
  private final HoldfastClient client = new HoldfastClient(server.url(), pause -> {});
  private final Path directory;
  private final Path file;
  private final Path part;

  PartFileTest(@TempDir Path directory) throws IOException, ClientException {
    this.directory = directory;
    file = directory.resolve("rows.jsonl");
    part = directory.resolve("rows.jsonl.part");
  }

  private void whole(String etag, String rows) {
    server.then(
        exchange -> {
          exchange.getResponseHeaders().set("ETag", etag);
          exchange.sendResponseHeaders(200, rows.length());
          exchange.getResponseBody().write(rows.getBytes(StandardCharsets.UTF_8));
        });
  }

  /** A download that breaks for good after nine bytes. */
  private void breakOff() {
    server.thenBroken("\"a\"", BYTES, ROWS.substring(0, 9));
    server.then(403, "application/problem+json", "{\"detail\":\"no\",\"code\":\"no\"}");
    assertThat(catchThrowableOfType(ClientException.class, this::fetch)).isNotNull();
    assertThat(file).doesNotExist();
    assertThat(part).hasSize(9);
  }

  private long fetch() throws ClientException {
    return PartFile.fetch(client, "job_1", file);
  }

  private String[] left() {
    return directory.toFile().list();
  }

  @Test
  void theNextDownloadGoesOnBehindWhatIsThere() throws ClientException {
    breakOff();
    server.thenRest(ROWS, 9, "\"a\"");

    assertThat(fetch()).isEqualTo(BYTES);

    assertThat(server.asked.get(2).headers().range()).isEqualTo("bytes=9-");
    assertThat(file).hasContent(ROWS);
    assertThat(left()).containsExactly("rows.jsonl");
  }

  @Test
  void anotherResultIsFetchedFromItsStart() throws ClientException {
    breakOff();
    whole("\"b\"", "{}\n");

    assertThat(fetch()).isEqualTo(3);

    assertThat(file).hasContent("{}");
    assertThat(left()).containsExactly("rows.jsonl");
  }

  @Test
  void aPartOfWhoKnowsWhatIsFetchedFromItsStart() throws Exception {
    Files.writeString(part, "something else altogether");
    whole("\"a\"", ROWS);

    assertThat(fetch()).isEqualTo(BYTES);

    assertThat(server.asked.get(0).headers().range()).isEmpty();
    assertThat(file).hasContent(ROWS);
  }

  @Test
  void aPartThatIsWholeIsTakenAsItIs() throws Exception {
    Files.writeString(part, ROWS);
    Files.writeString(part.resolveSibling("rows.jsonl.part.etag"), "\"a\"");
    server.then(
        exchange -> {
          exchange.getResponseHeaders().set("Content-Range", "bytes */" + BYTES);
          exchange.sendResponseHeaders(416, -1);
        });

    assertThat(fetch()).isEqualTo(BYTES);

    assertThat(file).hasContent(ROWS);
    assertThat(left()).containsExactly("rows.jsonl");
  }

  @Test
  void twoDownloadsDoNotWriteOneFile() throws Exception {
    try (FileChannel other =
            FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock held = other.lock()) {
      assertThat(held.isValid()).isTrue();
      ClientException refused = catchThrowableOfType(ClientException.class, this::fetch);
      assertThat(refused).hasMessageContaining("another download is writing");
      assertThat(refused.exitCode()).isEqualTo(ExitCode.USAGE);
    }
    assertThat(server.asked).isEmpty();
  }
}
