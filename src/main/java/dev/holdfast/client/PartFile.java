package dev.holdfast.client;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * A result on its way to a file: it gathers beside it as {@code FILE.part} and gets its name when
 * it is whole. What a broken download left is kept, with the tag of the result that it is of, and
 * the next one goes on behind it.
 */
final class PartFile implements Download.Sink, AutoCloseable {

  private final Path part;
  private final Path tagged;
  private final FileChannel channel;

  private PartFile(Path part, Path tagged, FileChannel channel) {
    this.part = part;
    this.tagged = tagged;
    this.channel = channel;
  }

  /**
   * Fetches a result into a file, which appears whole or not at all.
   *
   * @return its size in bytes
   */
  static long fetch(HoldfastClient client, String id, Path file) throws ClientException {
    Path part = file.resolveSibling(file.getFileName() + ".part");
    Path tagged = file.resolveSibling(file.getFileName() + ".part.etag");
    try (PartFile into = open(part, tagged)) {
      long left = into.channel.size();
      String tag = left > 0 && Files.isRegularFile(tagged) ? Files.readString(tagged) : "";
      long bytes = client.download(id, tag.isEmpty() ? 0 : left, tag, into);
      Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
      Files.deleteIfExists(tagged);
      return bytes;
    } catch (IOException e) {
      throw ClientException.usage("cannot write '%s': %s".formatted(file, e.getMessage()));
    }
  }

  private static PartFile open(Path part, Path tagged) throws IOException, ClientException {
    FileChannel channel =
        FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (locked(channel)) {
        return new PartFile(part, tagged, channel);
      }
    } catch (IOException e) {
      channel.close();
      throw e;
    }
    channel.close();
    throw ClientException.usage("another download is writing '%s'".formatted(part));
  }

  private static boolean locked(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  @Override
  public void begin(long at, String tag) throws IOException {
    Files.deleteIfExists(tagged);
    channel.truncate(at);
    channel.position(at);
    // a result without a tag cannot be gone on with
    if (!tag.isEmpty()) {
      Files.writeString(tagged, tag);
    }
  }

  @Override
  public void write(byte[] bytes, int length) throws IOException {
    ByteBuffer rest = ByteBuffer.wrap(bytes, 0, length);
    while (rest.hasRemaining()) {
      channel.write(rest);
    }
  }

  /** Leaves what there is; an empty part is no use to anyone. */
  @Override
  public void close() throws IOException {
    boolean empty = channel.isOpen() && channel.size() == 0;
    channel.close();
    if (empty) {
      Files.deleteIfExists(part);
      Files.deleteIfExists(tagged);
    }
  }
}
