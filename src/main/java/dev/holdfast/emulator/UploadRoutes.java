package dev.holdfast.emulator;

import dev.holdfast.emulator.ResumableUpload.Chunk;
import dev.holdfast.emulator.StorageCall.Precondition;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.file.AsyncFile;
import io.vertx.core.file.OpenOptions;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** How objects arrive: whole in one request, or in the chunks of a resumable upload. */
final class UploadRoutes {

  /** A whole body up to this size is received in memory, a larger one in a file. */
  private static final int MEMORY_BYTES_MAX = 1024 * 1024;

  /** The largest object that Cloud Storage takes. */
  private static final long OBJECT_BYTES_MAX = 5L * 1024 * 1024 * 1024 * 1024;

  /** Resumable uploads that are remembered; the one that was used least recently goes first. */
  private static final int UPLOADS_MAX = 1_000;

  private final Vertx vertx;
  private final Buckets buckets;
  private final Map<String, ResumableUpload> uploads =
      Collections.synchronizedMap(new LinkedHashMap<>(16, 0.75f, true));

  UploadRoutes(Vertx vertx, Buckets buckets) {
    this.vertx = vertx;
    this.buckets = buckets;
  }

  Future<Void> route(StorageCall call, Bucket bucket) {
    String length = call.request().getHeader(HttpHeaders.CONTENT_LENGTH);
    if (length != null && Long.parseLong(length) > OBJECT_BYTES_MAX) {
      throw StorageRefusal.tooLarge("An object has at most 5 TiB.");
    }
    HttpMethod method = call.request().method();
    String type = call.text("uploadType").orElse("");
    if (method.equals(HttpMethod.POST) && type.equals("multipart")) {
      return multipart(call, bucket);
    }
    if (method.equals(HttpMethod.POST) && type.equals("resumable")) {
      return begin(call, bucket);
    }
    if (method.equals(HttpMethod.PUT) && call.text("upload_id").isPresent()) {
      return proceed(call);
    }
    throw StorageRefusal.notServed("uploads of the type '" + type + "'");
  }

  private Future<Void> multipart(StorageCall call, Bucket bucket) {
    HttpServerRequest request = call.request();
    String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    if (length != null && Long.parseLong(length) <= MEMORY_BYTES_MAX) {
      Future<Buffer> received = request.body();
      request.resume();
      return received
          .compose(body -> vertx.executeBlocking(() -> small(call, bucket, body.getBytes()), false))
          .compose(object -> StorageEndpoint.answer(request, 200, object));
    }
    Path file = buckets.newDraft();
    return receive(request, file, 0)
        .compose(bytes -> vertx.executeBlocking(() -> large(call, bucket, file, bytes), false))
        .eventually(() -> vertx.executeBlocking(() -> Files.deleteIfExists(file), false))
        .compose(object -> StorageEndpoint.answer(request, 200, object));
  }

  private JsonObject small(StorageCall call, Bucket bucket, byte[] body) throws IOException {
    int tail = Math.min(body.length, MultipartBody.TAIL_BYTES_MAX);
    MultipartBody parts =
        MultipartBody.of(
            contentType(call),
            body.length <= MultipartBody.HEAD_BYTES_MAX
                ? body
                : Arrays.copyOf(body, MultipartBody.HEAD_BYTES_MAX),
            Arrays.copyOfRange(body, body.length - tail, body.length),
            body.length);
    try (Draft draft = new Draft(buckets.newDraft())) {
      draft.append(body, (int) parts.from(), (int) (parts.to() - parts.from()));
      return put(call, bucket, parts.given(), draft);
    }
  }

  private JsonObject large(StorageCall call, Bucket bucket, Path file, long bytes)
      throws IOException {
    byte[] head = new byte[(int) Math.min(bytes, MultipartBody.HEAD_BYTES_MAX)];
    byte[] tail = new byte[(int) Math.min(bytes, MultipartBody.TAIL_BYTES_MAX)];
    try (RandomAccessFile body = new RandomAccessFile(file.toFile(), "r")) {
      body.readFully(head);
      body.seek(bytes - tail.length);
      body.readFully(tail);
    }
    MultipartBody parts = MultipartBody.of(contentType(call), head, tail, bytes);
    try (Draft draft = new Draft(buckets.newDraft())) {
      draft.append(file, parts.from(), parts.to());
      return put(call, bucket, parts.given(), draft);
    }
  }

  private static JsonObject put(StorageCall call, Bucket bucket, JsonObject given, Draft draft)
      throws IOException {
    return bucket.put(name(call, given), given, draft, call.precondition()).resource(bucket.name());
  }

  private static String contentType(StorageCall call) {
    String type = call.request().getHeader(HttpHeaders.CONTENT_TYPE);
    return type == null ? "" : type;
  }

  /** The URL's name goes before the description's, as in the JSON API. */
  private static String name(StorageCall call, JsonObject given) {
    String name = call.text("name").orElse(given.getString("name", ""));
    if (name.isEmpty() || name.getBytes(StandardCharsets.UTF_8).length > 1_024) {
      throw StorageRefusal.invalid("An object's name has 1 to 1024 bytes.");
    }
    return name;
  }

  private Future<Void> begin(StorageCall call, Bucket bucket) {
    HttpServerRequest request = call.request();
    Future<Buffer> received = request.body();
    request.resume();
    String id = UUID.randomUUID().toString();
    return received
        .compose(body -> vertx.executeBlocking(() -> begun(call, bucket, id, body), false))
        .compose(
            name -> {
              request
                  .response()
                  .putHeader("X-GUploader-UploadID", id)
                  .putHeader(
                      HttpHeaders.LOCATION,
                      "http://%s/upload/storage/v1/b/%s/o?uploadType=resumable&name=%s&upload_id=%s"
                          .formatted(
                              request.authority(),
                              bucket.name(),
                              URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20"),
                              id));
              return request.response().end();
            });
  }

  private String begun(StorageCall call, Bucket bucket, String id, Buffer body) throws IOException {
    JsonObject given;
    try {
      given = body.length() == 0 ? new JsonObject() : body.toJsonObject();
    } catch (DecodeException e) {
      throw StorageRefusal.invalid("Parse Error: the object's description is not JSON.");
    }
    String type = call.request().getHeader("X-Upload-Content-Type");
    if (type != null && !given.containsKey("contentType")) {
      given.put("contentType", type);
    }
    String name = name(call, given);
    Precondition precondition = call.precondition();
    bucket.check(name, precondition);
    Draft draft = new Draft(buckets.newDraft());
    uploads.put(id, new ResumableUpload(bucket, name, given, precondition, draft));
    forgetOldest();
    return name;
  }

  private void forgetOldest() throws IOException {
    while (uploads.size() > UPLOADS_MAX) {
      ResumableUpload oldest;
      synchronized (uploads) {
        oldest = uploads.remove(uploads.keySet().iterator().next());
      }
      oldest.draft().close();
    }
  }

  private Future<Void> proceed(StorageCall call) {
    HttpServerRequest request = call.request();
    String id = call.text("upload_id").orElse("");
    ResumableUpload upload = uploads.get(id);
    if (upload == null) {
      throw StorageRefusal.noUpload();
    }
    String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    Chunk chunk =
        Chunk.of(
            request.getHeader(HttpHeaders.CONTENT_RANGE),
            length == null ? Long.MAX_VALUE : Long.parseLong(length));
    if (!upload.take()) {
      if (chunk.from().isEmpty() && chunk.total().isEmpty()) {
        return state(request, upload);
      }
      throw StorageRefusal.backend("Another request of this upload is under way.");
    }
    return received(request, upload, chunk)
        .compose(
            done ->
                done
                    ? vertx.executeBlocking(
                        () -> finished(request.getHeader("X-Goog-Hash"), id, upload), false)
                    : Future.succeededFuture())
        .onComplete(outcome -> upload.free())
        .compose(finished -> state(request, upload));
  }

  /** Takes in what the request brings; completes with whether that was all. */
  private Future<Boolean> received(HttpServerRequest request, ResumableUpload upload, Chunk chunk) {
    if (upload.object().isPresent()) {
      return Future.succeededFuture(false);
    }
    long from = chunk.from().orElse(upload.received());
    if (from > upload.received()) {
      return Future.failedFuture(
          StorageRefusal.backend("The chunk begins behind what was received."));
    }
    Future<Long> written =
        chunk.from().isEmpty()
            ? Future.succeededFuture(from)
            : receive(request, upload.draft().path(), from);
    return written
        .compose(
            to ->
                vertx.executeBlocking(
                    () -> {
                      upload.appended(to);
                      return to;
                    },
                    false))
        .map(to -> chunk.total().filter(total -> upload.received() >= total).isPresent());
  }

  private @Nullable Void finished(@Nullable String hash, String id, ResumableUpload upload)
      throws IOException {
    try {
      upload.finish(hash);
      return null;
    } catch (IOException | RuntimeException e) {
      uploads.remove(id);
      upload.draft().close();
      throw e;
    }
  }

  private static Future<Void> state(HttpServerRequest request, ResumableUpload upload) {
    if (upload.object().isPresent()) {
      StoredObject object = upload.object().get();
      request
          .response()
          .putHeader("x-goog-hash", "crc32c=" + object.crc32c() + ",md5=" + object.md5())
          .putHeader("x-goog-stored-content-length", Long.toString(object.bytes()));
      return StorageEndpoint.answer(request, 200, object.resource(upload.bucket().name()));
    }
    if (upload.received() > 0) {
      request.response().putHeader("Range", "bytes=0-" + (upload.received() - 1));
    }
    return StorageEndpoint.drained(request)
        .compose(drained -> request.response().setStatusCode(308).end());
  }

  /**
   * Writes a body to a file from a byte on.
   *
   * @return the byte after its last
   */
  private Future<Long> receive(HttpServerRequest request, Path file, long from) {
    return vertx
        .fileSystem()
        .open(file.toString(), new OpenOptions().setRead(false))
        .compose(
            (AsyncFile opened) -> {
              opened.setWritePos(from);
              return request.pipeTo(opened).map(piped -> opened.getWritePos());
            });
  }
}
