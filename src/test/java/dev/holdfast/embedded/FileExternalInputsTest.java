package dev.holdfast.embedded;

import static dev.holdfast.contract.Futures.await;
import static dev.holdfast.contract.Futures.refusal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.SystemClock;
import dev.holdfast.contract.ExternalInputsContract;
import dev.holdfast.job.ExternalInputs;
import dev.holdfast.job.JobError;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileExternalInputsTest extends ExternalInputsContract {

  @TempDir private Path directory;
  private SystemClock clock;
  private Path root;
  private Embedded embedded;

  @BeforeEach
  void open() throws IOException {
    clock = new SystemClock();
    root = Files.createDirectory(directory.resolve("in puts"));
    embedded = Embedded.open(directory.resolve("data"), Optional.of(root), clock);
  }

  @AfterEach
  void close() {
    embedded.close();
    clock.close();
  }

  @Override
  protected ExternalInputs inputs() {
    return embedded.externalInputs();
  }

  @Override
  protected String put(String name, Buffer content) throws IOException {
    Path file = root.resolve(name);
    Files.deleteIfExists(file);
    return Files.write(file, content.getBytes()).toUri().toString();
  }

  @Override
  protected String outside() throws IOException {
    return Files.writeString(directory.resolve("in puts secret"), "secret").toUri().toString();
  }

  @Test
  void aPlainPathIsAnInputToo() throws IOException {
    String uri = put("rows.jsonl", Buffer.buffer("x"));
    assertThat(await(inputs().stat(root.resolve("rows.jsonl").toString())).uri()).isEqualTo(uri);
    assertThat(await(inputs().stat(root + "/a/../rows.jsonl")).uri()).isEqualTo(uri);
  }

  @Test
  void aPathOrALinkThatLeadsOutIsRefused() throws IOException {
    outside();
    refusal(inputs().stat(root + "/../in puts secret"), JobError.INPUT_OUTSIDE_ROOT);
    refusal(inputs().stat("/etc/passwd"), JobError.INPUT_OUTSIDE_ROOT);
    Files.createSymbolicLink(root.resolve("link"), directory.resolve("in puts secret"));
    Files.createSymbolicLink(root.resolve("up"), directory);
    refusal(inputs().stat(root + "/link"), JobError.INPUT_OUTSIDE_ROOT);
    refusal(inputs().stat(root + "/up/in puts secret"), JobError.INPUT_OUTSIDE_ROOT);
  }

  @Test
  void aDirectoryIsNoInput() {
    refusal(inputs().stat(root.toString()), JobError.INPUT_UNREADABLE);
  }

  @Test
  void withoutARootTheSettingIsNamed() throws IOException {
    try (Embedded closed = Embedded.open(directory.resolve("data"), Optional.empty(), clock)) {
      String uri = put("rows.jsonl", Buffer.buffer("x"));
      assertThat(refusal(closed.externalInputs().stat(uri), JobError.INPUT_OUTSIDE_ROOT))
          .hasMessageContaining("HOLDFAST_INPUT_ROOT");
    }
  }

  @Test
  void aRootThatIsNoDirectoryIsRefusedAtOnce() {
    Path nowhere = directory.resolve("nowhere");
    assertThatThrownBy(() -> Embedded.open(directory.resolve("data"), Optional.of(nowhere), clock))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("HOLDFAST_INPUT_ROOT")
        .hasMessageContaining("nowhere");
  }
}
