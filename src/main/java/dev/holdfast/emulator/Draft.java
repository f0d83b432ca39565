package dev.holdfast.emulator;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.zip.CRC32C;

/**
 * A file that may become an object, and the checksums of what it holds so far. All calls block; not
 * thread-safe.
 */
final class Draft implements AutoCloseable {

  private static final int COPY_BYTES = 256 * 1024;

  private final Path path;
  private final CRC32C crc32c = new CRC32C();
  private final MessageDigest md5;
  private long bytes;

  Draft(Path path) throws IOException {
    this.path = path;
    try {
      md5 = MessageDigest.getInstance("MD5");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has MD5", e);
    }
    Files.createFile(path);
  }

  Path path() {
    return path;
  }

  /** Content so far. */
  long bytes() {
    return bytes;
  }

  void append(byte[] content, int from, int length) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
      ByteBuffer buffer = ByteBuffer.wrap(content, from, length);
      long at = bytes;
      while (buffer.hasRemaining()) {
        at += channel.write(buffer, at);
      }
    }
    crc32c.update(content, from, length);
    md5.update(content, from, length);
    bytes += length;
  }

  /** Takes what lies in another file from one byte to another. */
  void append(Path source, long from, long to) throws IOException {
    try (FileChannel in = FileChannel.open(source, StandardOpenOption.READ);
        FileChannel out = FileChannel.open(path, StandardOpenOption.WRITE)) {
      ByteBuffer buffer = ByteBuffer.allocate(COPY_BYTES);
      for (long at = from; at < to; ) {
        int length = next(in, buffer, at, to);
        while (buffer.hasRemaining()) {
          out.write(buffer, bytes + buffer.position());
        }
        took(buffer.array(), length);
        at += length;
      }
    }
  }

  /** Takes what was written to this draft's own file behind what it holds, up to a byte. */
  void appended(long to) throws IOException {
    try (FileChannel in = FileChannel.open(path, StandardOpenOption.READ)) {
      ByteBuffer buffer = ByteBuffer.allocate(COPY_BYTES);
      while (bytes < to) {
        took(buffer.array(), next(in, buffer, bytes, to));
      }
    }
  }

  private static int next(FileChannel in, ByteBuffer buffer, long at, long to) throws IOException {
    buffer.clear().limit((int) Math.min(buffer.capacity(), to - at));
    int length = in.read(buffer, at);
    if (length <= 0) {
      throw new IOException("a file ends at byte %d instead of %d".formatted(at, to));
    }
    buffer.flip();
    return length;
  }

  private void took(byte[] content, int length) {
    crc32c.update(content, 0, length);
    md5.update(content, 0, length);
    bytes += length;
  }

  /** Base64 of the big-endian checksum. */
  String crc32c() {
    byte[] value = ByteBuffer.allocate(Integer.BYTES).putInt((int) crc32c.getValue()).array();
    return Base64.getEncoder().encodeToString(value);
  }

  /** Base64. Ends the digest: no more may be appended. */
  String md5() {
    return Base64.getEncoder().encodeToString(md5.digest());
  }

  /** Deletes the file unless it has become an object and moved. */
  @Override
  public void close() throws IOException {
    Files.deleteIfExists(path);
  }
}
