package dev.holdfast.embedded;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.zip.CRC32C;

/** A file that is becoming an object. Closing it deletes it under the name it was written. */
final class ObjectWriting implements AutoCloseable {

  private final Path path;
  private final FileChannel channel;
  private final CRC32C checksum = new CRC32C();
  private long bytes;

  ObjectWriting(Path path) throws IOException {
    this.path = path;
    this.channel = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  }

  Path path() {
    return path;
  }

  /** Content so far. */
  long bytes() {
    return bytes;
  }

  void append(byte[] content) throws IOException {
    ChannelBytes.write(channel, ByteBuffer.wrap(content));
    checksum.update(content);
    bytes += content.length;
  }

  /** Ends the file; durable on return. */
  void finish(Map<String, String> metadata) throws IOException {
    ChannelBytes.write(channel, ObjectFile.encode(ObjectFile.footer(bytes, checksum, metadata)));
    channel.force(true);
  }

  @Override
  public void close() throws IOException {
    try {
      channel.close();
    } finally {
      Files.deleteIfExists(path);
    }
  }
}
