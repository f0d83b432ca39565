package dev.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A client of a WebSocket that keeps what it hears. */
final class SocketClient {

  private static final long PATIENCE_S = 10;

  final BlockingQueue<JsonObject> frames = new LinkedBlockingQueue<>();
  final BlockingQueue<Integer> pings = new LinkedBlockingQueue<>();
  final CompletableFuture<Integer> closed = new CompletableFuture<>();
  final WebSocket socket;

  /** Kept from the garbage collector, which would close its sockets. */
  final WebSocketClient client;

  private SocketClient(WebSocketClient client, WebSocket socket) {
    this.client = client;
    this.socket = socket;
    socket.frameHandler(
        frame -> {
          if (frame.isPing()) {
            pings.add(1);
          }
        });
    socket.textMessageHandler(text -> frames.add(new JsonObject(text)));
    socket.closeHandler(
        nothing -> {
          Short code = socket.closeStatusCode();
          closed.complete(code == null ? -1 : code.intValue());
        });
    socket.exceptionHandler(e -> closed.complete(-2));
  }

  static SocketClient open(Vertx vertx, int port, String path, String... headers) throws Exception {
    WebSocketConnectOptions options =
        new WebSocketConnectOptions().setHost("127.0.0.1").setPort(port).setURI(path);
    for (int i = 0; i < headers.length; i += 2) {
      options.addHeader(headers[i], headers[i + 1]);
    }
    WebSocketClient client =
        vertx.createWebSocketClient(
            new WebSocketClientOptions().setMaxFrameSize(1 << 20).setMaxMessageSize(1 << 22));
    return ApiFixture.await(
        client.connect(options).map(socket -> new SocketClient(client, socket)));
  }

  static SocketClient open(ApiFixture api, String path, String... headers) throws Exception {
    return open(api.vertx, api.port, path, headers);
  }

  SocketClient say(String text) throws Exception {
    ApiFixture.await(socket.writeTextMessage(text));
    return this;
  }

  JsonObject next() throws InterruptedException {
    JsonObject frame = frames.poll(PATIENCE_S, TimeUnit.SECONDS);
    assertThat(frame).as("the next frame").isNotNull();
    return frame;
  }

  /** The next frames up to one that has the field, which is the last of them. */
  List<JsonObject> until(String field) throws InterruptedException {
    List<JsonObject> seen = new ArrayList<>();
    do {
      seen.add(next());
    } while (!seen.get(seen.size() - 1).containsKey(field));
    return seen;
  }

  /** Holds that the socket is closed with that code; what was said before is still there. */
  SocketClient closes(int code) throws Exception {
    assertThat(closed.get(PATIENCE_S, TimeUnit.SECONDS)).isEqualTo(code);
    return this;
  }

  void close() throws Exception {
    ApiFixture.await(socket.close());
  }
}
