package dev.holdfast.emulator;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What can be asked of objects that are there. */
final class ObjectRoutes {

  /** Objects in one page of a list, as in the JSON API. */
  private static final int PAGE_MAX = 1_000;

  private static final Pattern RANGE = Pattern.compile("bytes=(\\d{0,18})-(\\d{0,18})");

  private final Vertx vertx;

  ObjectRoutes(Vertx vertx) {
    this.vertx = vertx;
  }

  Future<Void> route(StorageCall call, Bucket bucket, String name, boolean media) {
    HttpMethod method = call.request().method();
    OptionalLong asked = call.number("generation");
    Long generation = asked.isPresent() ? (Long) asked.getAsLong() : null;
    if (method.equals(HttpMethod.DELETE)) {
      return vertx
          .executeBlocking(
              () -> {
                bucket.delete(name, generation, call.precondition());
                return true;
              },
              false)
          .compose(deleted -> call.request().response().setStatusCode(204).end());
    }
    if (!method.equals(HttpMethod.GET)) {
      throw StorageRefusal.notServed(method + " on objects");
    }
    StoredObject object = bucket.require(name, generation);
    OptionalLong known = call.precondition().notMatch();
    if (known.isPresent() && known.getAsLong() == object.generation()) {
      return call.request().response().setStatusCode(304).end();
    }
    call.precondition().check(object.generation());
    return media
        ? media(call.request(), bucket, object)
        : StorageEndpoint.answer(call.request(), 200, object.resource(bucket.name()));
  }

  private static Future<Void> media(HttpServerRequest request, Bucket bucket, StoredObject object) {
    HttpServerResponse response = request.response();
    response
        .putHeader(
            HttpHeaders.CONTENT_TYPE,
            object.given().getString("contentType", "application/octet-stream"))
        .putHeader(HttpHeaders.ETAG, object.etag())
        .putHeader("x-goog-generation", Long.toString(object.generation()))
        .putHeader("x-goog-metageneration", "1")
        .putHeader("x-goog-storage-class", "STANDARD")
        .putHeader("x-goog-hash", "crc32c=" + object.crc32c() + ",md5=" + object.md5())
        .putHeader("x-goog-stored-content-length", Long.toString(object.bytes()))
        .putHeader(
            "x-goog-stored-content-encoding",
            object.given().getString("contentEncoding", "identity"));
    if (object.given().containsKey("contentEncoding")) {
      response.putHeader(HttpHeaders.CONTENT_ENCODING, object.given().getString("contentEncoding"));
    }
    Span span = Span.of(request.getHeader("Range"), object.bytes());
    if (span == null) {
      response.setStatusCode(416).putHeader(HttpHeaders.CONTENT_RANGE, "bytes */" + object.bytes());
      return response.end();
    }
    if (span.partial()) {
      response
          .setStatusCode(206)
          .putHeader(
              HttpHeaders.CONTENT_RANGE,
              "bytes %d-%d/%d".formatted(span.from(), span.to() - 1, object.bytes()));
    }
    if (span.from() == span.to()) {
      return response.end();
    }
    return response
        .sendFile(object.file().toString(), span.from(), span.to() - span.from())
        .recover(
            cause ->
                Future.failedFuture(
                    isLatest(bucket, object)
                        ? cause
                        : StorageRefusal.noObject(bucket.name(), object.name())));
  }

  private static boolean isLatest(Bucket bucket, StoredObject object) {
    StoredObject latest = bucket.objects().get(object.name());
    return latest != null && latest.generation() == object.generation();
  }

  /** Bytes of an object, the last one excluded. */
  private record Span(long from, long to, boolean partial) {

    /** Null if no byte of the object is in the range; a range that says nothing is none. */
    static @Nullable Span of(@Nullable String header, long bytes) {
      Matcher range = RANGE.matcher(header == null ? "" : header);
      if (!range.matches() || range.group().equals("bytes=-")) {
        return new Span(0, bytes, false);
      }
      long from;
      long to = bytes;
      if (range.group(1).isEmpty()) {
        from = Math.max(0, bytes - Long.parseLong(range.group(2)));
      } else {
        from = Long.parseLong(range.group(1));
        if (!range.group(2).isEmpty()) {
          to = Math.min(bytes, Long.parseLong(range.group(2)) + 1);
        }
      }
      return from >= to ? null : new Span(from, to, true);
    }
  }

  /** One page of a bucket's objects; a page token is the last name before it. */
  Future<Void> list(StorageCall call, Bucket bucket) {
    String prefix = call.text("prefix").orElse("");
    String delimiter = call.text("delimiter").orElse("");
    String end = call.text("endOffset").orElse(null);
    String start = call.text("startOffset").filter(s -> s.compareTo(prefix) > 0).orElse(prefix);
    String token = call.text("pageToken").map(ObjectRoutes::decoded).orElse("");
    long limit = Math.min(PAGE_MAX, Math.max(1, call.number("maxResults").orElse(PAGE_MAX)));
    boolean goesOn = token.compareTo(start) >= 0;
    ConcurrentNavigableMap<String, StoredObject> rest =
        bucket.objects().tailMap(goesOn ? token : start, !goesOn);
    JsonArray items = new JsonArray();
    TreeSet<String> prefixes = new TreeSet<>();
    String last = null;
    boolean more = false;
    for (StoredObject object : rest.values()) {
      String name = object.name();
      if (!name.startsWith(prefix) || (end != null && name.compareTo(end) >= 0)) {
        break;
      }
      int cut = delimiter.isEmpty() ? -1 : name.indexOf(delimiter, prefix.length());
      String folder = cut < 0 ? null : name.substring(0, cut + delimiter.length());
      boolean known =
          folder != null
              && (prefixes.contains(folder) || (!token.isEmpty() && token.startsWith(folder)));
      if (!known && items.size() + prefixes.size() >= limit) {
        more = true;
        break;
      }
      last = name;
      if (folder == null) {
        items.add(object.resource(bucket.name()));
      } else if (!known) {
        prefixes.add(folder);
      }
    }
    JsonObject page = new JsonObject().put("kind", "storage#objects").put("items", items);
    if (!prefixes.isEmpty()) {
      page.put("prefixes", new JsonArray(prefixes.stream().toList()));
    }
    if (more && last != null) {
      page.put(
          "nextPageToken",
          Base64.getUrlEncoder().encodeToString(last.getBytes(StandardCharsets.UTF_8)));
    }
    return StorageEndpoint.answer(call.request(), 200, page);
  }

  private static String decoded(String token) {
    try {
      return new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw StorageRefusal.invalid("Invalid page token.");
    }
  }
}
