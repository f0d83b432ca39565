package dev.holdfast.worker;

import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A part as a file: a mark, its key, its metadata, its rows, and the CRC-32C of all that. Blocks.
 *
 * @param key the object's that it becomes
 */
record ScratchFile(String key, Map<String, String> metadata, Buffer rows) {

  /** A larger part is not kept. */
  static final int ROWS_MAX = 2 * CheckpointPolicy.PART_BYTES_MAX;

  /** Rows, key and metadata. */
  private static final int BYTES_MAX = ROWS_MAX + 64 * 1024;

  private static final int MARK = 0x48465031;
  private static final int METADATA_MAX = 64;

  /** Whether the rows were made by that version of the model. */
  boolean isOf(String modelDigest) {
    return modelDigest.equals(metadata.get(Span.MODEL_DIGEST));
  }

  private byte[] head() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeInt(MARK);
    out.writeUTF(key);
    out.writeInt(metadata.size());
    for (Map.Entry<String, String> entry : metadata.entrySet()) {
      out.writeUTF(entry.getKey());
      out.writeUTF(entry.getValue());
    }
    out.writeInt(rows.length());
    return bytes.toByteArray();
  }

  /**
   * Writes a new file; on the disk on return.
   *
   * @return its size
   */
  long write(Path file) throws IOException {
    CRC32C checksum = new CRC32C();
    byte[] head = head();
    byte[] content = rows.getBytes();
    checksum.update(head);
    checksum.update(content);
    ByteBuffer sum = ByteBuffer.allocate(Long.BYTES).putLong(checksum.getValue()).flip();
    ByteBuffer[] all = {ByteBuffer.wrap(head), ByteBuffer.wrap(content), sum};
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      while (sum.hasRemaining()) {
        channel.write(all);
      }
      channel.force(false);
      return channel.size();
    }
  }

  /** Reads a file, or returns null if it is damaged or something else. */
  static @Nullable ScratchFile read(Path file) throws IOException {
    byte[] bytes;
    try (FileChannel channel =
        FileChannel.open(file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
      long size = channel.size();
      if (size < Long.BYTES || size > BYTES_MAX) {
        return null;
      }
      InputStream in = Channels.newInputStream(channel);
      bytes = in.readNBytes((int) size);
    }
    int end = bytes.length - Long.BYTES;
    CRC32C checksum = new CRC32C();
    checksum.update(bytes, 0, Math.max(0, end));
    if (end < 0 || ByteBuffer.wrap(bytes, end, Long.BYTES).getLong() != checksum.getValue()) {
      return null;
    }
    return parse(new DataInputStream(new ByteArrayInputStream(bytes, 0, end)));
  }

  private static @Nullable ScratchFile parse(DataInputStream in) throws IOException {
    if (in.readInt() != MARK) {
      return null;
    }
    String key = in.readUTF();
    int entries = in.readInt();
    if (entries < 0 || entries > METADATA_MAX) {
      return null;
    }
    Map<String, String> metadata = new LinkedHashMap<>();
    for (int i = 0; i < entries; i++) {
      metadata.put(in.readUTF(), in.readUTF());
    }
    byte[] rows = in.readNBytes(in.readInt());
    return in.read() < 0 ? new ScratchFile(key, metadata, Buffer.buffer(rows)) : null;
  }
}
