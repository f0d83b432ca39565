package dev.holdfast.client;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A real HTTP server that says what a test tells it to, one answer a request, in order. */
final class ScriptedServer implements AutoCloseable {

  /** One answer; whatever it leaves open is cut off. */
  @FunctionalInterface
  interface Answer {
    void give(HttpExchange exchange) throws IOException;
  }

  /** What was asked. */
  record Asked(String method, String uri, HttpHeaders headers, String body) {}

  /** The headers that tests look at. */
  record HttpHeaders(String idempotencyKey, String range, String contentType) {}

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
  final List<Asked> asked = new CopyOnWriteArrayList<>();

  ScriptedServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  ScriptedServer then(Answer answer) {
    answers.add(answer);
    return this;
  }

  ScriptedServer then(int status, String type, String body) {
    return then(
        exchange -> {
          byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
          exchange.getResponseHeaders().set("Content-Type", type);
          exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
          exchange.getResponseBody().write(bytes);
        });
  }

  ScriptedServer thenJson(String body) {
    return then(200, "application/json", body);
  }

  /** Promises {@code promised} bytes and closes the connection after {@code body}. */
  ScriptedServer thenBroken(String etag, int promised, String body) {
    return then(
        exchange -> {
          exchange.getResponseHeaders().set("ETag", etag);
          exchange.sendResponseHeaders(200, promised);
          exchange.getResponseBody().write(body.getBytes(StandardCharsets.UTF_8));
          exchange.getResponseBody().flush();
        });
  }

  /** Answers a range: {@code all} from a byte on. */
  ScriptedServer thenRest(String all, int from, String etag) {
    return then(
        exchange -> {
          byte[] rest = all.substring(from).getBytes(StandardCharsets.UTF_8);
          int bytes = all.length();
          exchange.getResponseHeaders().set("ETag", etag);
          exchange
              .getResponseHeaders()
              .set("Content-Range", "bytes %d-%d/%d".formatted(from, bytes - 1, bytes));
          exchange.sendResponseHeaders(206, rest.length);
          exchange.getResponseBody().write(rest);
        });
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      asked.add(
          new Asked(
              exchange.getRequestMethod(),
              exchange.getRequestURI().toString(),
              new HttpHeaders(
                  header(exchange, "Idempotency-Key"),
                  header(exchange, "Range"),
                  header(exchange, "Content-Type")),
              body));
      Answer answer = answers.poll();
      if (answer == null) {
        exchange.sendResponseHeaders(599, -1);
      } else {
        answer.give(exchange);
      }
    }
  }

  private static String header(HttpExchange exchange, String name) {
    List<String> values = exchange.getRequestHeaders().get(name);
    return values == null ? "" : values.get(0);
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
