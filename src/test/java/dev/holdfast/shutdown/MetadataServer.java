package dev.holdfast.shutdown;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.emulator.FreePort;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.net.URI;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A server on a port of its own that speaks a cloud's protocol, or something else. */
final class MetadataServer implements AutoCloseable {

  /** How it treats requests. */
  enum Fault {
    NONE,
    /** Takes the request and says nothing. */
    SILENCE,
    /** Begins an answer and never ends it. */
    UNENDED,
    /** Closes the connection in the middle of an answer. */
    CUT,
    /** Closes the connection at once. */
    SLAM,
    /** A web page, as from a hotel's network. */
    PAGE,
    /** An empty 200. */
    EMPTY,
    /** JSON of no use. */
    JSON,
    OVERSIZED,
    ERROR,
    FORBIDDEN,
    REDIRECT
  }

  private static final long WAIT_SECONDS_MAX = 20;

  private final Vertx vertx = Vertx.vertx();
  private final Handler<HttpServerRequest> cloud;
  private final int port;
  private final BlockingQueue<String> asked = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> gone = new LinkedBlockingQueue<>();
  private volatile Fault fault = Fault.NONE;
  private @Nullable HttpServer server;

  /** Nothing listens until {@link #open}. */
  MetadataServer(Handler<HttpServerRequest> cloud) throws IOException {
    this.cloud = cloud;
    this.port = FreePort.find();
  }

  URI base() {
    return URI.create("http://127.0.0.1:" + port);
  }

  void open() {
    server = vertx.createHttpServer().requestHandler(this::handle);
    await(server.listen(port, "127.0.0.1"));
  }

  void shut() {
    if (server != null) {
      await(server.close());
    }
  }

  void fail(Fault with) {
    fault = with;
  }

  /** Waits for the next request: its method, a blank and its path with query. */
  String nextAsked() throws InterruptedException {
    String next = asked.poll(WAIT_SECONDS_MAX, TimeUnit.SECONDS);
    assertThat(next).as("nothing was asked").isNotNull();
    return next;
  }

  /** How many requests came that nobody has looked at. */
  int unseen() {
    return asked.size();
  }

  void forget() {
    asked.clear();
  }

  /** Waits until a client has closed a connection with an unanswered request. */
  void awaitGone() throws InterruptedException {
    assertThat(gone.poll(WAIT_SECONDS_MAX, TimeUnit.SECONDS))
        .as("the client stays connected")
        .isNotNull();
  }

  private void handle(HttpServerRequest request) {
    String line = request.method() + " " + request.uri();
    asked.add(line);
    request
        .connection()
        .closeHandler(
            closed -> {
              if (!request.response().ended()) {
                gone.add(line);
              }
            });
    switch (fault) {
      case NONE -> cloud.handle(request);
      case SILENCE -> {}
      case UNENDED -> request.response().setChunked(true).write("TR");
      case CUT -> {
        request.response().putHeader("Content-Length", "100");
        request.response().write("TRUE").onComplete(sent -> request.connection().close());
      }
      case SLAM -> request.connection().close();
      case PAGE -> FakeCloud.answer(request, 200, "<html>Please log in to the network</html>");
      case EMPTY -> FakeCloud.answer(request, 200, "");
      case JSON -> FakeCloud.answer(request, 200, "[{\"Events\": {\"a\": [1]}}]");
      case OVERSIZED ->
          request.response().setChunked(true).end(Buffer.buffer(" ".repeat(1024 * 1024)));
      case ERROR -> FakeCloud.answer(request, 500, "TRUE");
      case FORBIDDEN -> FakeCloud.answer(request, 403, "");
      case REDIRECT -> {
        request.response().putHeader("Location", base() + "/elsewhere");
        FakeCloud.answer(request, 302, "");
      }
    }
  }

  private static <T> T await(Future<T> future) {
    return future
        .toCompletionStage()
        .toCompletableFuture()
        .orTimeout(WAIT_SECONDS_MAX, TimeUnit.SECONDS)
        .join();
  }

  @Override
  public void close() {
    await(vertx.close());
  }
}
