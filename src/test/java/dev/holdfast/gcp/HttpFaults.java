package dev.holdfast.gcp;

import dev.holdfast.contract.Futures;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.Map;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** Stands between a client and Cloud Storage, counts the requests and spoils some. Thread-safe. */
final class HttpFaults implements AutoCloseable {

  /** What a request is for. */
  enum Kind {
    CREATE,
    /** Begins a resumable upload. */
    START,
    CHUNK,
    /** Asks how far a resumable upload has come. */
    QUESTION,
    STAT,
    MEDIA,
    LIST,
    DELETE,
    BUCKET,
    MAKE_BUCKET
  }

  /** What can happen to a request. */
  enum Fault {
    /** It never reaches the service: 503. */
    UNAVAILABLE,
    /** It never reaches the service: 403. */
    FORBIDDEN,
    /** It never reaches the service: 412. */
    PRECONDITION_FAILED,
    /** The service does what was asked; the connection ends before the answer. */
    CUT,
    /** The service does what was asked; the answer is {@link #STALL} late. */
    SLOW,
    /** The connection ends in the middle of the answer's body. */
    TRUNCATE,
    /** One byte in the middle of what an upload brings or a download answers is another. */
    CORRUPT
  }

  static final Duration STALL = Duration.ofSeconds(10);

  private final Vertx vertx = Vertx.vertx();
  private final HttpClient client = vertx.createHttpClient();
  private final SocketAddress service;
  private final Map<Kind, Queue<Fault>> coming = new EnumMap<>(Kind.class);
  private final Map<Kind, Integer> requests = new EnumMap<>(Kind.class);
  private final HttpServer server;

  HttpFaults(String serviceUrl) {
    URI url = URI.create(serviceUrl);
    service = SocketAddress.inetSocketAddress(url.getPort(), url.getHost());
    server =
        vertx
            .createHttpServer(
                new HttpServerOptions().setHost("127.0.0.1").setMaxInitialLineLength(16 * 1024))
            .requestHandler(this::handle);
    Futures.await(server.listen(0));
  }

  String url() {
    return "http://127.0.0.1:" + server.actualPort();
  }

  /** Spoils the next {@code times} requests of a kind that no earlier fault waits for. */
  synchronized void next(Kind kind, Fault fault, int times) {
    Queue<Fault> queue = coming.computeIfAbsent(kind, k -> new ArrayDeque<>());
    for (int i = 0; i < times; i++) {
      queue.add(fault);
    }
  }

  /** How often each kind was requested, the client's own retries counted in. */
  synchronized Map<Kind, Integer> requests() {
    return Map.copyOf(requests);
  }

  /** Forgets the counts and the faults to come. */
  synchronized void reset() {
    requests.clear();
    coming.clear();
  }

  private synchronized @Nullable Fault take(Kind kind) {
    requests.merge(kind, 1, Integer::sum);
    Queue<Fault> queue = coming.get(kind);
    return queue == null ? null : queue.poll();
  }

  private static Kind kind(HttpServerRequest request) {
    String path = request.path();
    if (path.startsWith("/upload/")) {
      if (request.method().equals(HttpMethod.PUT)) {
        String range = String.valueOf(request.getHeader(HttpHeaders.CONTENT_RANGE));
        return range.equals("bytes */*") ? Kind.QUESTION : Kind.CHUNK;
      }
      return request.uri().contains("uploadType=multipart") ? Kind.CREATE : Kind.START;
    }
    if (path.startsWith("/download/")) {
      return Kind.MEDIA;
    }
    if (path.endsWith("/o")) {
      return Kind.LIST;
    }
    if (!path.contains("/o/")) {
      return path.endsWith("/b") ? Kind.MAKE_BUCKET : Kind.BUCKET;
    }
    return request.method().equals(HttpMethod.DELETE) ? Kind.DELETE : Kind.STAT;
  }

  private void handle(HttpServerRequest request) {
    Kind kind = kind(request);
    Fault fault = take(kind);
    request
        .body()
        .compose(
            body -> {
              if (fault == null) {
                return passed(request, body);
              }
              return switch (fault) {
                case UNAVAILABLE -> refused(request, 503, "backendError");
                case FORBIDDEN -> refused(request, 403, "forbidden");
                case PRECONDITION_FAILED -> refused(request, 412, "conditionNotMet");
                case CUT -> forwarded(request, body).compose(answer -> cut(request));
                case SLOW ->
                    forwarded(request, body)
                        .compose(
                            answer ->
                                vertx.timer(STALL.toMillis()).compose(on -> send(request, answer)));
                case TRUNCATE ->
                    forwarded(request, body).compose(answer -> truncated(request, answer));
                case CORRUPT ->
                    kind == Kind.MEDIA
                        ? forwarded(request, body)
                            .compose(answer -> send(request, answer.corrupted()))
                        : passed(request, corrupted(body));
              };
            })
        .onFailure(gone -> request.connection().close());
  }

  private record Answer(HttpClientResponse head, Buffer body) {
    Answer corrupted() {
      return new Answer(head, HttpFaults.corrupted(body));
    }
  }

  private static Buffer corrupted(Buffer body) {
    Buffer copy = body.copy();
    int middle = body.length() / 2;
    return copy.setByte(middle, (byte) (copy.getByte(middle) ^ 1));
  }

  private Future<Void> passed(HttpServerRequest request, Buffer body) {
    return forwarded(request, body).compose(answer -> send(request, answer));
  }

  private Future<Answer> forwarded(HttpServerRequest request, Buffer body) {
    return client
        .request(
            new RequestOptions()
                .setServer(service)
                .setHost("127.0.0.1")
                .setPort(server.actualPort())
                .setMethod(request.method())
                .setURI(request.uri()))
        .compose(
            (HttpClientRequest onward) -> {
              request
                  .headers()
                  .forEach(
                      (name, value) -> {
                        if (!framing(name)) {
                          onward.putHeader(name, value);
                        }
                      });
              return onward.send(body);
            })
        .compose(head -> head.body().map(answer -> new Answer(head, answer)));
  }

  private static boolean framing(String name) {
    return name.equalsIgnoreCase("host")
        || name.equalsIgnoreCase("content-length")
        || name.equalsIgnoreCase("transfer-encoding");
  }

  private static Future<Void> send(HttpServerRequest request, Answer answer) {
    head(request, answer);
    return request.response().end(answer.body());
  }

  private static void head(HttpServerRequest request, Answer answer) {
    request.response().setStatusCode(answer.head().statusCode());
    answer
        .head()
        .headers()
        .forEach(
            (name, value) -> {
              if (!framing(name)) {
                request.response().putHeader(name, value);
              }
            });
  }

  private static Future<Void> truncated(HttpServerRequest request, Answer answer) {
    head(request, answer);
    int length = answer.body().length();
    request.response().putHeader(HttpHeaders.CONTENT_LENGTH, Integer.toString(length));
    return request
        .response()
        .write(answer.body().getBuffer(0, length / 2))
        .compose(written -> cut(request));
  }

  private static Future<Void> cut(HttpServerRequest request) {
    return request.connection().close();
  }

  private static Future<Void> refused(HttpServerRequest request, int status, String reason) {
    return request
        .response()
        .setStatusCode(status)
        .putHeader(HttpHeaders.CONTENT_TYPE, "application/json; charset=UTF-8")
        .end(
            """
            {"error": {"code": %d, "message": "injected",
              "errors": [{"domain": "global", "reason": "%s", "message": "injected"}]}}"""
                .formatted(status, reason));
  }

  @Override
  public void close() {
    Futures.await(vertx.close());
  }
}
