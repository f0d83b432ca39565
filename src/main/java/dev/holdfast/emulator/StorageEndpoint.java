package dev.holdfast.emulator;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Cloud Storage's stand-in: as much of its JSON API, over HTTP and by default on a loopback port,
 * as Google's unmodified client needs for buckets, conditional creates, resumable uploads, ranged
 * downloads, lists and deletes. Objects are files, so another start on the same directory finds
 * them; uploads that were under way are gone then. Nobody is asked who they are, and nothing is
 * forced to the disk: it survives its process, not its machine. One process at a time per
 * directory. Thread-safe.
 */
public final class StorageEndpoint {

  private static final Logger LOG = LoggerFactory.getLogger(StorageEndpoint.class);

  private static final String LOOPBACK = "127.0.0.1";

  /** An object's name of 1,024 bytes, all escaped, fits in a URL several times. */
  private static final int URL_CHARS_MAX = 16 * 1024;

  private static final int HEADER_BYTES_MAX = 32 * 1024;

  /** A connection on which nothing moves for so long is closed. */
  private static final int IDLE_SECONDS_MAX = 120;

  /** More than any lawful description of a bucket needs. */
  private static final int DESCRIPTION_BYTES_MAX = 64 * 1024;

  private static final List<String> API = List.of("storage", "v1", "b");

  private final Vertx vertx;
  private final Buckets buckets;
  private final ObjectRoutes objects;
  private final UploadRoutes uploads;
  private final String host;
  private final HttpServer server;

  private StorageEndpoint(Vertx vertx, String host, Buckets buckets) {
    this.vertx = vertx;
    this.host = host;
    this.buckets = buckets;
    this.objects = new ObjectRoutes(vertx);
    this.uploads = new UploadRoutes(vertx, buckets);
    this.server =
        vertx.createHttpServer(
            new HttpServerOptions()
                .setHost(host)
                .setMaxInitialLineLength(URL_CHARS_MAX)
                .setMaxHeaderSize(HEADER_BYTES_MAX)
                .setIdleTimeout(IDLE_SECONDS_MAX)
                .setIdleTimeoutUnit(TimeUnit.SECONDS)
                // the client gzips what it sends unless it is told not to
                .setDecompressionSupported(true));
  }

  /**
   * Begins to serve.
   *
   * @param port 0 for any free one
   * @param directory made if it is not there; what an earlier start kept in it is served again
   */
  public static Future<StorageEndpoint> start(Vertx vertx, int port, Path directory) {
    return start(vertx, LOOPBACK, port, directory);
  }

  /**
   * Begins to serve others than this machine, too. Whoever reaches the port may read, write and
   * delete.
   *
   * @param host the address to listen on
   */
  public static Future<StorageEndpoint> start(Vertx vertx, String host, int port, Path directory) {
    return vertx
        .executeBlocking(
            () -> Buckets.open(directory.toAbsolutePath(), InstantSource.system()), false)
        .compose(
            buckets -> {
              StorageEndpoint endpoint = new StorageEndpoint(vertx, host, buckets);
              return endpoint
                  .server
                  .requestHandler(endpoint::handle)
                  .listen(port)
                  .map(
                      listening -> {
                        LOG.info("objects are served from {} at {}", directory, endpoint.url());
                        return endpoint;
                      });
            });
  }

  /** What clients take for the service's own address. */
  public String url() {
    return "http://" + host + ":" + server.actualPort();
  }

  /** Closes all connections. Objects stay; the same directory can be served again. */
  public Future<Void> close() {
    return server.close();
  }

  private void handle(HttpServerRequest request) {
    if (!request.method().equals(HttpMethod.GET) && !request.method().equals(HttpMethod.DELETE)) {
      // until whoever takes the body is ready for it
      request.pause();
    }
    request.response().exceptionHandler(gone -> LOG.debug("a client went away", gone));
    Future<Void> answered;
    try {
      answered = route(StorageCall.of(request));
    } catch (RuntimeException e) {
      answered = Future.failedFuture(e);
    }
    answered.onFailure(cause -> refuse(request, cause));
  }

  private Future<Void> route(StorageCall call) {
    HttpServerRequest request = call.request();
    List<String> path = call.path();
    boolean upload = path.get(0).equals("upload");
    boolean download = path.get(0).equals("download");
    List<String> called = path.subList(upload || download ? 1 : 0, path.size());
    if (called.size() < API.size()
        || !called.subList(0, API.size()).equals(API)
        || request.getHeader("X-HTTP-Method-Override") != null) {
      throw StorageRefusal.notServed(request.method() + " " + request.path());
    }
    List<String> rest = called.subList(API.size(), called.size());
    boolean aboutObjects = rest.size() > 1 && rest.get(1).equals("o");
    if (upload && aboutObjects && rest.size() == 2) {
      return uploads.route(call, buckets.require(rest.get(0)));
    }
    if (rest.isEmpty()) {
      return buckets(request);
    }
    Bucket bucket = buckets.require(rest.get(0));
    if (rest.size() == 1) {
      return bucket(request, bucket);
    }
    if (aboutObjects && rest.size() == 2 && request.method().equals(HttpMethod.GET)) {
      return objects.list(call, bucket);
    }
    if (aboutObjects && rest.size() == 3 && !rest.get(2).isEmpty()) {
      boolean media = download || call.text("alt").filter("media"::equals).isPresent();
      return objects.route(call, bucket, rest.get(2), media);
    }
    throw StorageRefusal.notServed(request.method() + " " + request.path());
  }

  private Future<Void> buckets(HttpServerRequest request) {
    if (request.method().equals(HttpMethod.GET)) {
      JsonArray items = new JsonArray();
      buckets.all().forEach(bucket -> items.add(bucket.resource()));
      return answer(
          request, 200, new JsonObject().put("kind", "storage#buckets").put("items", items));
    }
    if (!request.method().equals(HttpMethod.POST)) {
      throw StorageRefusal.notServed(request.method() + " on buckets");
    }
    Future<Buffer> received = request.body();
    request.resume();
    return received
        .compose(body -> vertx.executeBlocking(() -> buckets.create(json(body)).resource(), false))
        .compose(created -> answer(request, 200, created));
  }

  private static JsonObject json(Buffer body) {
    if (body.length() > DESCRIPTION_BYTES_MAX) {
      throw StorageRefusal.tooLarge("The bucket's description is too large.");
    }
    try {
      return body.toJsonObject();
    } catch (DecodeException | ClassCastException e) {
      throw StorageRefusal.invalid("Parse Error: the bucket's description is not JSON.");
    }
  }

  private Future<Void> bucket(HttpServerRequest request, Bucket bucket) {
    if (request.method().equals(HttpMethod.GET)) {
      return answer(request, 200, bucket.resource());
    }
    if (!request.method().equals(HttpMethod.DELETE)) {
      throw StorageRefusal.notServed(request.method() + " on a bucket");
    }
    return vertx
        .executeBlocking(
            () -> {
              buckets.delete(bucket.name());
              return true;
            },
            false)
        .compose(deleted -> request.response().setStatusCode(204).end());
  }

  /** Answers with JSON once nothing more of the request is to come. */
  static Future<Void> answer(HttpServerRequest request, int status, JsonObject body) {
    return drained(request)
        .compose(
            drained ->
                request
                    .response()
                    .setStatusCode(status)
                    .putHeader(HttpHeaders.CONTENT_TYPE, "application/json; charset=UTF-8")
                    .end(body.toBuffer()));
  }

  /** A client that still sends does not listen: what it sends is read and forgotten first. */
  static Future<Void> drained(HttpServerRequest request) {
    if (request.isEnded()) {
      return Future.succeededFuture();
    }
    request.resume();
    return request.end();
  }

  private static void refuse(HttpServerRequest request, Throwable cause) {
    HttpServerResponse response = request.response();
    if (response.headWritten() || response.closed()) {
      request.connection().close();
      return;
    }
    StorageRefusal refusal;
    if (cause instanceof StorageRefusal known) {
      refusal = known;
    } else {
      LOG.warn("{} {} failed", request.method(), request.uri(), cause);
      refusal = StorageRefusal.backend(String.valueOf(cause.getMessage()));
    }
    answer(request, refusal.status(), refusal.json())
        .onFailure(gone -> LOG.debug("a client went away", gone));
  }
}
