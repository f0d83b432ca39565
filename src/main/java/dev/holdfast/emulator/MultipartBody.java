package dev.holdfast.emulator;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A {@code multipart/related} body of an object's description and its content (RFC 2387), found by
 * its two ends, whatever lies between.
 *
 * @param given the description
 * @param from the content's first byte in the body
 * @param to the byte after its last
 */
record MultipartBody(JsonObject given, long from, long to) {

  /**
   * The description and all headers lie within so many bytes; custom metadata has at most 8 KiB.
   */
  static final int HEAD_BYTES_MAX = 128 * 1024;

  /** The last boundary lies within so many bytes; a boundary has at most 70 characters. */
  static final int TAIL_BYTES_MAX = 1_024;

  private static final Pattern BOUNDARY =
      Pattern.compile("boundary=\"?([^\";]+)", Pattern.CASE_INSENSITIVE);
  private static final Pattern CONTENT_TYPE =
      Pattern.compile("^content-type: *([^\r\n]+)", Pattern.CASE_INSENSITIVE | Pattern.MULTILINE);
  private static final String BLANK_LINE = "\r\n\r\n";

  /**
   * @param head the body's first bytes, at most {@link #HEAD_BYTES_MAX}
   * @param tail its last bytes, at most {@link #TAIL_BYTES_MAX}
   * @param length of the whole body
   * @throws StorageRefusal if it is no such body
   */
  static MultipartBody of(String contentType, byte[] head, byte[] tail, long length) {
    Matcher named = BOUNDARY.matcher(contentType);
    if (!named.find()) {
      throw StorageRefusal.invalid("A multipart upload names its boundary.");
    }
    String boundary = "\r\n--" + named.group(1).strip();
    // one char for one byte
    String start = "\r\n" + new String(head, StandardCharsets.ISO_8859_1);
    int json = after(start, BLANK_LINE, after(start, boundary, 0));
    int second = after(start, boundary, json);
    int content = after(start, BLANK_LINE, second);
    int end = new String(tail, StandardCharsets.ISO_8859_1).lastIndexOf(boundary + "--");
    long from = content - 2L;
    long to = length - tail.length + end;
    if (end < 0 || to < from - 2) {
      throw StorageRefusal.invalid("The multipart upload does not end with its boundary.");
    }
    JsonObject given = json(start.substring(json, second - boundary.length()));
    Matcher type = CONTENT_TYPE.matcher(start.substring(second, content));
    if (!given.containsKey("contentType")) {
      Optional.of(type).filter(Matcher::find).ifPresent(t -> given.put("contentType", t.group(1)));
    }
    // an empty part's two line ends may be one and the same
    return new MultipartBody(given, from, Math.max(from, to));
  }

  private static int after(String text, String sought, int from) {
    int at = text.indexOf(sought, from);
    if (at < 0) {
      throw StorageRefusal.invalid("The multipart upload has not the two parts that it should.");
    }
    return at + sought.length();
  }

  private static JsonObject json(String bytes) {
    try {
      return new JsonObject(
          new String(bytes.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8));
    } catch (DecodeException e) {
      throw StorageRefusal.invalid("Parse Error: the object's description is not JSON.");
    }
  }
}
