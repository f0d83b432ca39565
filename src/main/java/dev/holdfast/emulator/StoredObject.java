package dev.holdfast.emulator;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * One generation of an object. Its file holds the content, then this record as JSON, then that
 * JSON's length and a mark, so that a file is whole or not an object.
 *
 * @param crc32c Base64 of the big-endian checksum
 * @param md5 Base64
 * @param created RFC 3339
 * @param given those of the client's own fields that are kept
 */
record StoredObject(
    String name,
    long generation,
    long bytes,
    String crc32c,
    String md5,
    String created,
    JsonObject given,
    Path file) {

  /** What a client may say of its object. */
  static final List<String> FIELDS =
      List.of(
          "contentType",
          "contentEncoding",
          "contentDisposition",
          "contentLanguage",
          "cacheControl",
          "metadata");

  private static final long MARK = 0x686f6c6466617374L;
  private static final int TAIL_BYTES = Integer.BYTES + Long.BYTES;

  /** More than any lawful description of an object needs. */
  private static final int JSON_BYTES_MAX = 256 * 1024;

  /** What follows the content in the file. */
  ByteBuffer trailer() {
    byte[] json =
        new JsonObject()
            .put("name", name)
            .put("generation", generation)
            .put("bytes", bytes)
            .put("crc32c", crc32c)
            .put("md5", md5)
            .put("created", created)
            .put("given", given)
            .encode()
            .getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(json.length + TAIL_BYTES)
        .put(json)
        .putInt(json.length)
        .putLong(MARK)
        .flip();
  }

  /** What the file holds, or empty if it is no whole object. */
  static Optional<StoredObject> read(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      if (size < TAIL_BYTES) {
        return Optional.empty();
      }
      ByteBuffer tail = bytes(channel, size - TAIL_BYTES, TAIL_BYTES);
      int length = tail.getInt();
      if (tail.getLong() != MARK
          || length < 0
          || length > Math.min(JSON_BYTES_MAX, size - TAIL_BYTES)) {
        return Optional.empty();
      }
      byte[] json = bytes(channel, size - TAIL_BYTES - length, length).array();
      JsonObject read = new JsonObject(new String(json, StandardCharsets.UTF_8));
      StoredObject object =
          new StoredObject(
              read.getString("name"),
              read.getLong("generation"),
              read.getLong("bytes"),
              read.getString("crc32c"),
              read.getString("md5"),
              read.getString("created"),
              read.getJsonObject("given"),
              file);
      return object.bytes() == size - TAIL_BYTES - length ? Optional.of(object) : Optional.empty();
    } catch (DecodeException e) {
      return Optional.empty();
    }
  }

  private static ByteBuffer bytes(FileChannel channel, long from, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length);
    while (buffer.hasRemaining() && channel.read(buffer, from + buffer.position()) >= 0) {
      // until it is full or the file ends
    }
    return buffer.flip();
  }

  /** The object as the JSON API shows it. */
  JsonObject resource(String bucket) {
    return given
        .copy()
        .put("kind", "storage#object")
        .put("id", bucket + "/" + name + "/" + generation)
        .put("bucket", bucket)
        .put("name", name)
        .put("generation", Long.toString(generation))
        .put("metageneration", "1")
        .put("size", Long.toString(bytes))
        .put("crc32c", crc32c)
        .put("md5Hash", md5)
        .put("etag", etag())
        .put("storageClass", "STANDARD")
        .put("timeCreated", created)
        .put("updated", created);
  }

  String etag() {
    return Base64.getEncoder()
        .encodeToString((generation + "/1").getBytes(StandardCharsets.US_ASCII));
  }
}
