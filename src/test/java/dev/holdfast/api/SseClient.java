package dev.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A reader of server-sent events, as the HTML standard has them. */
final class SseClient {

  private static final long PATIENCE_S = 10;

  /**
   * @param id empty if the event has none
   */
  record Event(String id, String type, String data, String retry) {
    JsonObject json() {
      return new JsonObject(data);
    }

    JsonObject job() {
      return json().getJsonObject("job");
    }
  }

  final HttpResponse<Stream<String>> response;
  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  final BlockingQueue<String> comments = new LinkedBlockingQueue<>();

  /** Whether the server ended the stream in good order. */
  final CompletableFuture<Boolean> ended = new CompletableFuture<>();

  private SseClient(HttpResponse<Stream<String>> response) {
    this.response = response;
    Thread reader = new Thread(this::read, "sse");
    reader.setDaemon(true);
    reader.start();
  }

  static SseClient open(ApiFixture api, String path, String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + api.port + path))
            .header("Accept", "text/event-stream");
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    SseClient sse = new SseClient(client.send(request.build(), BodyHandlers.ofLines()));
    assertThat(sse.response.statusCode()).isEqualTo(200);
    assertThat(sse.response.headers().firstValue("Content-Type")).contains("text/event-stream");
    return sse;
  }

  private void read() {
    String[] fields = {"", "", "", ""};
    try {
      for (String line : (Iterable<String>) response.body()::iterator) {
        if (line.startsWith(":")) {
          comments.add(line);
        } else if (line.isEmpty()) {
          if (!fields[2].isEmpty()) {
            events.add(new Event(fields[0], fields[1], fields[2], fields[3]));
          }
          fields = new String[] {"", "", "", ""};
        } else {
          String[] field = line.split(": ", 2);
          int which = List.of("id", "event", "data", "retry").indexOf(field[0]);
          fields[which] = field[1];
        }
      }
      ended.complete(true);
    } catch (UncheckedIOException e) {
      ended.complete(false);
    }
  }

  Event next() throws InterruptedException {
    Event event = events.poll(PATIENCE_S, TimeUnit.SECONDS);
    assertThat(event).as("the next event").isNotNull();
    return event;
  }

  /** Holds that the server ends the stream with no further event. */
  void ends() throws Exception {
    assertThat(ended.get(PATIENCE_S, TimeUnit.SECONDS)).isTrue();
    assertThat(events).isEmpty();
  }
}
