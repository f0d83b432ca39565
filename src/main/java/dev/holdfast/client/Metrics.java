package dev.holdfast.client;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.OptionalLong;

/** Reads what a process of ours says of itself at its management port. */
public final class Metrics {

  private static final Duration TIMEOUT = Duration.ofSeconds(2);
  private static final int HTTP_OK = 200;

  private final HttpClient http = HttpClient.newBuilder().connectTimeout(TIMEOUT).build();

  /**
   * A counter's value at this moment, whatever its labels. Blocks, for two seconds at most.
   *
   * @param name as Prometheus spells it
   * @return empty if the process does not answer or does not count that
   */
  public OptionalLong counter(String host, int port, String name) throws InterruptedException {
    try {
      return http.send(request(host, port, "/metrics"), HttpResponse.BodyHandlers.ofString())
          .body()
          .lines()
          .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
          .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
          .findFirst();
    } catch (IOException | NumberFormatException e) {
      return OptionalLong.empty();
    }
  }

  /** Whether the process says that it takes work. Blocks, for two seconds at most. */
  public boolean ready(String host, int port) throws InterruptedException {
    try {
      return http.send(request(host, port, "/readyz"), HttpResponse.BodyHandlers.discarding())
              .statusCode()
          == HTTP_OK;
    } catch (IOException e) {
      return false;
    }
  }

  private static HttpRequest request(String host, int port, String path) {
    return HttpRequest.newBuilder(URI.create("http://%s:%d%s".formatted(host, port, path)))
        .timeout(TIMEOUT)
        .build();
  }
}
