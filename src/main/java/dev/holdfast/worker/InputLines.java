package dev.holdfast.worker;

import dev.holdfast.job.ExternalInputs;
import dev.holdfast.job.ItemFormat;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobException;
import dev.holdfast.job.JobSpec;
import dev.holdfast.job.ObjectStore;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A job's input as a stream of lines, read by byte range from any offset: an input larger than
 * memory is never in memory. One call at a time, on the attempt's own thread.
 */
final class InputLines {

  /** Inputs up to this size are counted before they are inferred, so that progress has a total. */
  static final long COUNTED_BYTES_MAX = 64L * 1024 * 1024;

  private static final int CHUNK_BYTES = 256 * 1024;

  /** Reads at most so many bytes from an offset; fewer only at the end. */
  private interface Source {
    Future<Buffer> read(long from, int length);
  }

  private final Source source;
  private final long bytes;
  private byte[] chunk = new byte[0];
  private int position;
  private long chunkOffset;
  private long nextIndex;
  private long nextLine;
  private byte[] partial = new byte[0];
  private boolean overlong;
  private boolean ended;

  private InputLines(Source source, long bytes, Job.Checkpoint from) {
    this.source = source;
    this.bytes = bytes;
    this.chunkOffset = from.inputOffset();
    this.nextIndex = from.nextItem();
    this.nextLine = from.nextLine();
  }

  /** The lines from a checkpoint on. */
  static InputLines open(
      JobSpec.Input input, Job.Checkpoint from, ObjectStore objects, ExternalInputs external) {
    if (input instanceof JobSpec.Inline inline) {
      Buffer all = Buffer.buffer(inline.lines());
      Source source =
          (offset, length) ->
              Future.succeededFuture(
                  all.getBuffer(
                      (int) Math.min(offset, all.length()),
                      (int) Math.min(offset + length, all.length())));
      return new InputLines(source, all.length(), from);
    }
    if (input instanceof JobSpec.Stored stored) {
      return new InputLines(
          (offset, length) -> objects.read(stored.key(), offset, length), stored.bytes(), from);
    }
    JobSpec.External uri = (JobSpec.External) input;
    return new InputLines(
        (offset, length) -> external.read(uri.uri(), uri.revision(), offset, length),
        uri.bytes(),
        from);
  }

  /** How many items there are from here to the end, or null if that is too much to count. */
  static Future<@Nullable Long> count(
      JobSpec.Input input, ObjectStore objects, ExternalInputs external) {
    InputLines lines = open(input, Job.Checkpoint.START, objects, external);
    if (lines.bytes > COUNTED_BYTES_MAX) {
      return Future.succeededFuture(null);
    }
    return lines.countOn().map(counted -> lines.nextIndex);
  }

  private Future<Void> countOn() {
    return next(Integer.MAX_VALUE, CHUNK_BYTES)
        .compose(lines -> lines.isEmpty() ? Future.succeededFuture() : countOn());
  }

  /**
   * The next lines.
   *
   * @param linesMax at most so many
   * @param bytesMax no further line once so many bytes are gathered
   * @return empty at the end of the input
   */
  Future<List<Line>> next(int linesMax, int bytesMax) {
    List<Line> lines = new ArrayList<>();
    return fill(lines, linesMax, bytesMax).map(lines);
  }

  /** Whether every line has been returned, as far as that is known without reading on. */
  boolean atEnd() {
    return chunkOffset + position >= bytes && partial.length == 0 && !overlong;
  }

  private Future<Void> fill(List<Line> lines, int linesMax, int bytesMax) {
    int gathered = lines.stream().mapToInt(InputLines::size).sum();
    while (lines.size() < linesMax && gathered < bytesMax) {
      Line line = scan();
      if (line == null) {
        if (ended) {
          return Future.succeededFuture();
        }
        if (chunkOffset + chunk.length >= bytes) {
          receive(Buffer.buffer());
          continue;
        }
        return source
            .read(chunkOffset + chunk.length, CHUNK_BYTES)
            .compose(
                read -> {
                  receive(read);
                  return fill(lines, linesMax, bytesMax);
                });
      }
      lines.add(line);
      gathered += size(line);
    }
    return Future.succeededFuture();
  }

  private static int size(Line line) {
    String text = line.text();
    return text == null ? 0 : text.length();
  }

  private void receive(Buffer read) {
    chunkOffset += chunk.length;
    chunk = read.getBytes();
    position = 0;
    if (chunkOffset == 0) {
      position = withoutMark(chunk);
    }
    if (chunk.length == 0) {
      ended = true;
    }
  }

  /** Passes over a UTF-8 byte order mark; another encoding's mark ends the job with a reason. */
  private static int withoutMark(byte[] start) {
    if (start.length >= 2) {
      int mark = (start[0] & 0xff) << 8 | (start[1] & 0xff);
      if (mark == 0xfeff || mark == 0xfffe) {
        throw JobError.INPUT_UNREADABLE.because("the input is UTF-16; it must be JSONL in UTF-8");
      }
    }
    return start.length >= 3
            && start[0] == (byte) 0xef
            && start[1] == (byte) 0xbb
            && start[2] == (byte) 0xbf
        ? 3
        : 0;
  }

  /** The next line that is not blank, or null if the chunk has no further one. */
  private @Nullable Line scan() {
    while (position < chunk.length) {
      int end = position;
      while (end < chunk.length && chunk[end] != '\n') {
        end++;
      }
      keep(end);
      boolean whole = end < chunk.length;
      position = whole ? end + 1 : end;
      if (!whole) {
        return null;
      }
      Line line = finish();
      if (line != null) {
        return line;
      }
    }
    return ended ? finish() : null;
  }

  private void keep(int end) {
    int length = end - position;
    if (partial.length + length > ItemFormat.ITEM_BYTES_MAX + 1) {
      overlong = true;
      partial = new byte[0];
    } else if (!overlong && length > 0) {
      int before = partial.length;
      partial = Arrays.copyOf(partial, before + length);
      System.arraycopy(chunk, position, partial, before, length);
    }
  }

  private @Nullable Line finish() {
    byte[] line = partial;
    boolean tooLong = overlong;
    partial = new byte[0];
    overlong = false;
    long number = nextLine++;
    long endOffset = chunkOffset + position;
    int length = line.length;
    if (length > 0 && line[length - 1] == '\r') {
      length--;
    }
    if (!tooLong && blank(line, length)) {
      return null;
    }
    long index = nextIndex++;
    if (tooLong || length > ItemFormat.ITEM_BYTES_MAX) {
      return new Line(
          index,
          number,
          endOffset,
          null,
          JobError.ITEM_TOO_LARGE.because(
              "the line is longer than %d bytes".formatted(ItemFormat.ITEM_BYTES_MAX)));
    }
    try {
      return new Line(index, number, endOffset, decode(line, length), null);
    } catch (CharacterCodingException e) {
      JobException problem = JobError.ITEM_NOT_UTF8.because("the line is not valid UTF-8");
      return new Line(index, number, endOffset, null, problem);
    }
  }

  private static boolean blank(byte[] line, int length) {
    for (int i = 0; i < length; i++) {
      if (line[i] != ' ' && line[i] != '\t') {
        return false;
      }
    }
    return true;
  }

  private static String decode(byte[] line, int length) throws CharacterCodingException {
    String text = new String(line, 0, length, StandardCharsets.UTF_8);
    return text.indexOf('\ufffd') < 0
        ? text
        : StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(line, 0, length)).toString();
  }
}
