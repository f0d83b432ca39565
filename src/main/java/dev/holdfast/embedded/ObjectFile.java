package dev.holdfast.embedded;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The shape of an object's file: its content, then one line of text that tells its size, checksum
 * and metadata and ends with its own length, so that it can be found from the end. One file, so
 * content and metadata appear together or not at all.
 */
final class ObjectFile {

  private static final String MARKER = "#holdfast-object ";

  /** A space, eight digits and a newline. */
  private static final int LENGTH_FIELD_BYTES = 10;

  /** More than the longest footer: metadata is at most 2 K characters, escaped at most sixfold. */
  private static final int FOOTER_BYTES_MAX = 32 * 1024;

  private static final JsonMapper MAPPER = JsonMapper.builder().build();
  private static final ObjectWriter WRITER = MAPPER.writerFor(Footer.class);
  private static final ObjectReader READER = MAPPER.readerFor(Footer.class);

  private ObjectFile() {}

  /**
   * @param crc32c of the content, in hex
   */
  record Footer(long bytes, String crc32c, Map<String, String> metadata) {}

  static Footer footer(long bytes, CRC32C checksum, Map<String, String> metadata) {
    return new Footer(bytes, Long.toHexString(checksum.getValue()), metadata);
  }

  static ByteBuffer encode(Footer footer) {
    try {
      byte[] text = (MARKER + WRITER.writeValueAsString(footer)).getBytes(StandardCharsets.UTF_8);
      byte[] field =
          " %08d\n".formatted(text.length + LENGTH_FIELD_BYTES).getBytes(StandardCharsets.US_ASCII);
      return ByteBuffer.allocate(text.length + field.length).put(text).put(field).flip();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("strings and numbers can always be written", e);
    }
  }

  /** Opens an object, unless its last name is a symbolic link. */
  static FileChannel open(Path file) throws IOException {
    return FileChannel.open(file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
  }

  /**
   * @throws JobException if the file is not an object or is damaged at its end
   */
  static Footer readFooter(FileChannel channel, String key) throws IOException {
    long size = channel.size();
    String field = text(channel, size - LENGTH_FIELD_BYTES, LENGTH_FIELD_BYTES);
    if (field == null || !field.matches(" \\d{8}\n")) {
      throw damaged(key, "its last line is not what was written");
    }
    int length = Integer.parseInt(field.trim());
    String line = length > FOOTER_BYTES_MAX ? null : text(channel, size - length, length);
    if (line == null || length < LENGTH_FIELD_BYTES || !line.startsWith(MARKER)) {
      throw damaged(key, "its last line is not what was written");
    }
    try {
      Footer footer = READER.readValue(line.substring(MARKER.length(), line.lastIndexOf(' ')));
      if (footer.bytes() + length != size) {
        throw damaged(key, "it has %d bytes and not %d".formatted(size - length, footer.bytes()));
      }
      return footer;
    } catch (JsonProcessingException e) {
      throw damaged(key, "its last line is not what was written");
    }
  }

  /** Reads exactly that many bytes, which the caller knows to be there. */
  static byte[] bytes(FileChannel channel, long from, int length, String key) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length);
    if (!ChannelBytes.read(channel, buffer, from)) {
      throw damaged(key, "it ends too soon");
    }
    return buffer.array();
  }

  static void verify(byte[] content, Footer footer, String key) {
    CRC32C checksum = new CRC32C();
    checksum.update(content);
    if (!Long.toHexString(checksum.getValue()).equals(footer.crc32c())) {
      throw damaged(key, "its content does not match its checksum");
    }
  }

  private static @Nullable String text(FileChannel channel, long from, int length)
      throws IOException {
    if (from < 0) {
      return null;
    }
    ByteBuffer buffer = ByteBuffer.allocate(length);
    if (!ChannelBytes.read(channel, buffer, from)) {
      return null;
    }
    return new String(buffer.array(), StandardCharsets.UTF_8);
  }

  private static JobException damaged(String key, String how) {
    return JobError.INTERNAL.because("The object %s is damaged: %s.".formatted(key, how));
  }
}
