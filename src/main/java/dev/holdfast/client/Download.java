package dev.holdfast.client;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Fetches one long answer and takes a broken connection up again where it broke. */
public final class Download {

  /** Where the bytes go. */
  @FunctionalInterface
  public interface Sink {
    /** Takes {@code length} bytes from the start of {@code bytes}. */
    void write(byte[] bytes, int length) throws IOException;

    /**
     * Hears, before the first byte, where the bytes will begin.
     *
     * @param at how many bytes of an earlier download still hold
     * @param tag which result they are of
     */
    default void begin(long at, String tag) throws IOException {}
  }

  private static final int CHUNK_BYTES = 64 * 1024;
  private static final Duration FIRST_BYTE_TIMEOUT = Duration.ofSeconds(60);
  private static final int PARTIAL = 206;
  private static final int NOT_SATISFIABLE = 416;
  private static final Pattern CONTENT_RANGE =
      Pattern.compile("bytes (?:([0-9]+)-[0-9]+|\\*)/(.+)");

  private final Http http;
  private final String path;
  private long received;
  private String tag;
  private boolean begun;

  /**
   * @param received how many bytes an earlier download left, 0 for none
   * @param tag which result they are of
   */
  Download(Http http, String path, long received, String tag) {
    this.http = http;
    this.path = path;
    this.received = received;
    this.tag = tag;
  }

  /**
   * @return how many bytes there were, those of an earlier download with them
   * @throws ClientException also if the sink fails
   */
  long into(Sink sink) throws ClientException {
    int tries = 0;
    while (true) {
      long before = received;
      IOException broken = connection(sink);
      if (broken == null) {
        return received;
      }
      tries = received > before ? 1 : tries + 1;
      if (tries > Http.triesMax()) {
        throw http.unreachable(broken);
      }
      http.backOff(tries - 1);
    }
  }

  /** Reads one connection to its end; the exception that broke it, or null at the true end. */
  private @Nullable IOException connection(Sink sink) throws ClientException {
    HttpRequest.Builder request =
        http.request(path)
            .header("Accept", "application/x-ndjson")
            .timeout(FIRST_BYTE_TIMEOUT)
            .GET();
    if (received > 0) {
      request.header("Range", "bytes=%d-".formatted(received)).header("If-Range", tag);
    }
    HttpResponse<InputStream> answer =
        http.open(
            request.build(),
            status -> status == 200 || status == PARTIAL || status == NOT_SATISFIABLE);
    byte[] chunk = new byte[CHUNK_BYTES];
    try (InputStream body = answer.body()) {
      if (answer.statusCode() == NOT_SATISFIABLE) {
        if (!total(answer).equals(Long.toString(received))) {
          throw ClientException.senseless("the result is shorter than it was");
        }
        return null;
      }
      sameAsBefore(answer, sink);
      if (answer.statusCode() != PARTIAL) {
        body.skipNBytes(received);
      } else if (start(answer) != received) {
        throw ClientException.senseless("another part of the result than was asked for");
      }
      int length;
      while ((length = body.read(chunk)) >= 0) {
        write(sink, chunk, length);
        received += length;
      }
      return null;
    } catch (IOException e) {
      return e;
    }
  }

  private static void write(Sink sink, byte[] chunk, int length) throws ClientException {
    try {
      sink.write(chunk, length);
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private void sameAsBefore(HttpResponse<?> answer, Sink sink) throws ClientException {
    String now = answer.headers().firstValue("ETag").orElse("");
    if (begun && received > 0 && !now.equals(tag)) {
      throw ClientException.senseless("the result changed while it was fetched; fetch it again");
    }
    if (!begun) {
      received = now.equals(tag) ? received : 0;
      begun = true;
      try {
        sink.begin(received, now);
      } catch (IOException e) {
        throw unwritable(e);
      }
    }
    tag = now;
  }

  private static ClientException unwritable(IOException e) {
    return ClientException.usage("cannot write the result: " + e.getMessage());
  }

  private static long start(HttpResponse<?> answer) {
    Matcher range = range(answer);
    return range.matches() && range.group(1) != null && range.group(1).length() < 19
        ? Long.parseLong(range.group(1))
        : -1;
  }

  private static String total(HttpResponse<?> answer) {
    Matcher range = range(answer);
    return range.matches() ? range.group(2) : "";
  }

  private static Matcher range(HttpResponse<?> answer) {
    return CONTENT_RANGE.matcher(answer.headers().firstValue("Content-Range").orElse(""));
  }
}
