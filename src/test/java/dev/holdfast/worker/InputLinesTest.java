package dev.holdfast.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.job.ExternalInputs;
import dev.holdfast.job.ItemFormat;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobException;
import dev.holdfast.job.JobSpec;
import dev.holdfast.job.ObjectStore;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Lines by byte range, from any checkpoint. */
class InputLinesTest {

  /** Bytes that a test made, read in pieces as an adapter would. */
  private record Bytes(Buffer content) implements ExternalInputs {
    @Override
    public Future<Info> stat(String uri) {
      return Future.succeededFuture(new Info(uri, content.length(), "1"));
    }

    @Override
    public Future<Buffer> read(String uri, String revision, long from, int length) {
      int start = (int) Math.min(from, content.length());
      int end = (int) Math.min(from + length, content.length());
      return Future.succeededFuture(content.getBuffer(start, end));
    }
  }

  private static final ObjectStore NO_OBJECTS =
      (ObjectStore)
          Proxy.newProxyInstance(
              InputLinesTest.class.getClassLoader(),
              new Class<?>[] {ObjectStore.class},
              (proxy, method, arguments) -> {
                throw new AssertionError("the object store is not asked for an external input");
              });

  private static List<Line> read(byte[] content, Job.Checkpoint from) {
    InputLines lines =
        InputLines.open(
            new JobSpec.External("file:/x", content.length, "1"),
            from,
            NO_OBJECTS,
            new Bytes(Buffer.buffer(content)));
    List<Line> all = new ArrayList<>();
    while (true) {
      Future<List<Line>> next = lines.next(7, 1 << 20);
      if (next.failed()) {
        throw (RuntimeException) next.cause();
      }
      if (next.result().isEmpty()) {
        return all;
      }
      all.addAll(next.result());
    }
  }

  private static List<Line> read(String content) {
    return read(content.getBytes(StandardCharsets.UTF_8), Job.Checkpoint.START);
  }

  private static List<@Nullable String> texts(List<Line> lines) {
    List<@Nullable String> texts = new ArrayList<>();
    lines.forEach(line -> texts.add(line.text()));
    return texts;
  }

  @Test
  void knowsEveryLineEndAndSkipsBlankLines() {
    List<Line> lines = read("\"a\"\r\n\n  \t\n\"b\"\n\"c\"");
    assertThat(texts(lines)).containsExactly("\"a\"", "\"b\"", "\"c\"");
    assertThat(lines).extracting(Line::index).containsExactly(0L, 1L, 2L);
    assertThat(lines).extracting(Line::number).containsExactly(1L, 4L, 5L);
    assertThat(lines).extracting(Line::endOffset).containsExactly(5L, 14L, 17L);
  }

  @Test
  void anEmptyInputHasNoLines() {
    assertThat(read("")).isEmpty();
    assertThat(read("\n\n")).isEmpty();
  }

  @Test
  void passesOverAByteOrderMarkAndRefusesAnotherEncoding() {
    assertThat(texts(read("\ufeff\"a\"\n"))).containsExactly("\"a\"");
    assertThatThrownBy(
            () -> read("\"a\"\n".getBytes(StandardCharsets.UTF_16), Job.Checkpoint.START))
        .isInstanceOfSatisfying(
            JobException.class, e -> assertThat(e.error()).isEqualTo(JobError.INPUT_UNREADABLE))
        .hasMessageContaining("UTF-16");
  }

  @Test
  void aLineThatIsNotUtf8IsARowErrorAndTheNextIsRead() {
    List<Line> lines =
        read(new byte[] {'"', (byte) 0xc3, '"', '\n', '"', 'b', '"'}, Job.Checkpoint.START);
    assertThat(Objects.requireNonNull(lines.get(0).problem()).error())
        .isEqualTo(JobError.ITEM_NOT_UTF8);
    assertThat(lines.get(1).text()).isEqualTo("\"b\"");
  }

  @Test
  void aReplacementCharacterOfTheUsersOwnIsKept() {
    assertThat(texts(read("\"\ufffd\"\n"))).containsExactly("\"\ufffd\"");
  }

  @Test
  void anEndlessLineIsARowErrorAndNeverInMemory() {
    String content = "\"a\"\n\"" + "x".repeat(3 * ItemFormat.ITEM_BYTES_MAX) + "\"\n\"b\"\n";
    List<Line> lines = read(content);
    assertThat(lines).hasSize(3);
    assertThat(Objects.requireNonNull(lines.get(1).problem()).error())
        .isEqualTo(JobError.ITEM_TOO_LARGE);
    assertThat(lines.get(2).text()).isEqualTo("\"b\"");
    assertThat(lines.get(2).number()).isEqualTo(3);
  }

  @Test
  void resumesBehindAnyLine() {
    Random random = new Random(3);
    StringBuilder content = new StringBuilder();
    for (int i = 0; i < 3_000; i++) {
      content.append('"').append("ä".repeat(random.nextInt(300))).append('"');
      content.append(random.nextInt(10) == 0 ? "\r\n\n" : "\n");
    }
    byte[] bytes = content.toString().getBytes(StandardCharsets.UTF_8);
    List<Line> all = read(bytes, Job.Checkpoint.START);
    assertThat(all).hasSize(3_000);
    for (int i = 0; i < all.size(); i += 97) {
      Line line = all.get(i);
      Job.Checkpoint behind =
          new Job.Checkpoint(line.index() + 1, line.endOffset(), line.number() + 1, 1, 0, 0);
      assertThat(read(bytes, behind)).isEqualTo(all.subList(i + 1, all.size()));
    }
  }

  @Test
  void countsWhatItWouldRead() {
    byte[] bytes = "\"a\"\n\n\"b\"\n".getBytes(StandardCharsets.UTF_8);
    Future<@Nullable Long> counted =
        InputLines.count(
            new JobSpec.External("file:/x", bytes.length, "1"),
            NO_OBJECTS,
            new Bytes(Buffer.buffer(bytes)));
    assertThat(counted.result()).isEqualTo(2);
    assertThat(
            InputLines.count(
                    new JobSpec.External("file:/x", InputLines.COUNTED_BYTES_MAX + 1, "1"),
                    NO_OBJECTS,
                    new Bytes(Buffer.buffer(bytes)))
                .result())
        .isNull();
  }
}
