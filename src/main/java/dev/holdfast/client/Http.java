package dev.holdfast.client;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Sends requests and takes nothing on trust: bounded answers, bounded tries, every refusal as a
 * sentence. Blocks; thread-safe.
 */
final class Http {

  static final JsonMapper JSON = JsonMapper.builder().build();

  /** An answer that is not a result is never longer than this. */
  static final int ANSWER_BYTES_MAX = 16 << 20;

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

  /** Waits before the second, third … try when nobody answers: about six seconds together. */
  private static final Duration[] BACKOFF = {
    Duration.ofMillis(200),
    Duration.ofMillis(500),
    Duration.ofSeconds(1),
    Duration.ofSeconds(2),
    Duration.ofSeconds(2)
  };

  /** A server that asks for more patience than this is told to the user instead. */
  private static final Duration RETRY_AFTER_MAX = Duration.ofSeconds(30);

  private static final int TEXT_CHARS_MAX = 500;

  private final URI server;
  private final Pause pause;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(CONNECT_TIMEOUT)
          .build();

  Http(URI server, Pause pause) {
    this.server = server;
    this.pause = pause;
  }

  /** A request to a path of the server, which begins with a slash. */
  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(server + path));
  }

  /**
   * Sends until somebody answers, a bounded number of times; only for requests that do no harm when
   * they are done twice.
   *
   * @return the JSON of a 2xx answer
   */
  JsonNode json(HttpRequest request) throws ClientException {
    HttpResponse<InputStream> answer = open(request);
    byte[] body;
    try (InputStream stream = answer.body()) {
      body = stream.readNBytes(ANSWER_BYTES_MAX + 1);
    } catch (IOException e) {
      throw unreachable(e);
    }
    if (body.length > ANSWER_BYTES_MAX) {
      throw ClientException.senseless("longer than %d bytes".formatted(ANSWER_BYTES_MAX));
    }
    return parse(body);
  }

  static JsonNode parse(byte[] body) throws ClientException {
    try {
      JsonNode json = JSON.readTree(body);
      if (json == null || !json.isObject()) {
        throw ClientException.senseless("not a JSON object");
      }
      return json;
    } catch (JsonProcessingException e) {
      throw ClientException.senseless("not JSON");
    } catch (IOException e) {
      throw new IllegalStateException("bytes in memory can always be read", e);
    }
  }

  /**
   * As {@link #json}, with the answer still on its way; the caller closes its body. A 2xx answer,
   * or an exception.
   */
  HttpResponse<InputStream> open(HttpRequest request) throws ClientException {
    return open(request, status -> status / 100 == 2);
  }

  /** As {@link #open(HttpRequest)}, for other answers that the caller understands. */
  HttpResponse<InputStream> open(HttpRequest request, IntPredicate understood)
      throws ClientException {
    for (int attempt = 0; ; attempt++) {
      boolean last = attempt == BACKOFF.length;
      try {
        HttpResponse<InputStream> answer =
            http.send(request, HttpResponse.BodyHandlers.ofInputStream());
        if (understood.test(answer.statusCode())) {
          return answer;
        }
        Refusal refusal = refusal(answer);
        Duration patience = refusal.retryAfter();
        if (last || patience == null || patience.compareTo(RETRY_AFTER_MAX) > 0) {
          throw new ClientException(ExitCode.REFUSED, refusal.text());
        }
        rest(patience);
      } catch (IOException e) {
        if (last) {
          throw unreachable(e);
        }
        rest(BACKOFF[attempt]);
      } catch (InterruptedException e) {
        throw interrupted();
      }
    }
  }

  /** Waits as long as is sensible before try number {@code attempt}, which counts from 0. */
  void backOff(int attempt) throws ClientException {
    rest(BACKOFF[Math.min(attempt, BACKOFF.length - 1)]);
  }

  static int triesMax() {
    return BACKOFF.length;
  }

  /** Waits. */
  void rest(Duration length) throws ClientException {
    try {
      pause.take(length);
    } catch (InterruptedException e) {
      throw interrupted();
    }
  }

  ClientException unreachable(IOException e) {
    String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return new ClientException(
        ExitCode.UNREACHABLE,
        "cannot reach the server at %s after %d tries: %s"
            .formatted(server, BACKOFF.length + 1, plain(why)));
  }

  private static ClientException interrupted() {
    Thread.currentThread().interrupt();
    return new ClientException(ExitCode.UNREACHABLE, "interrupted");
  }

  /** What a refusal says, and when the same request is worth another try, or null for never. */
  private record Refusal(String text, @Nullable Duration retryAfter) {}

  private static Refusal refusal(HttpResponse<InputStream> answer) {
    int status = answer.statusCode();
    String body;
    try (InputStream stream = answer.body()) {
      body = new String(stream.readNBytes(1 << 16), StandardCharsets.UTF_8);
    } catch (IOException e) {
      body = "";
    }
    return new Refusal(
        explain(status, body), status == 429 || status == 503 ? retryAfter(answer) : null);
  }

  private static String explain(int status, String body) {
    try {
      JsonNode problem = JSON.readTree(body);
      if (problem != null && problem.path("detail").isTextual()) {
        return "%s (%s, HTTP %d)"
            .formatted(
                plain(problem.path("detail").asText()),
                plain(problem.path("code").asText("no code")),
                status);
      }
    } catch (JsonProcessingException e) {
      // falls through: the text is all there is
    }
    String text = plain(body.strip());
    return "the server answered HTTP %d%s".formatted(status, text.isEmpty() ? "" : ": " + text);
  }

  private static @Nullable Duration retryAfter(HttpResponse<?> answer) {
    try {
      return Duration.ofSeconds(
          Math.max(0, Long.parseLong(answer.headers().firstValue("Retry-After").orElse("1"))));
    } catch (NumberFormatException e) {
      return Duration.ofSeconds(1);
    }
  }

  /** Somebody else's text, bounded and without anything that moves a cursor. */
  static String plain(String text) {
    String bounded =
        text.length() > TEXT_CHARS_MAX ? text.substring(0, TEXT_CHARS_MAX) + "…" : text;
    return bounded.replaceAll("\\p{Cntrl}+", " ");
  }
}
