package dev.holdfast.shutdown;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Asks one metadata server. It may be absent, slow or somebody else: an answer has a limit of time
 * from the first packet to the last byte and a limit of size, and no redirect is followed.
 */
final class MetadataClient {

  /** For all answers that do not wait for something to happen. */
  static final Duration ANSWER_MAX = Duration.ofSeconds(5);

  /** From a known address to an open connection; to find the address counts for the answer. */
  private static final Duration CONNECT_MAX = Duration.ofSeconds(1);

  private static final int BODY_BYTES_MAX = 64 * 1024;

  record Answer(int status, MultiMap headers, String body) {

    /** The body, if the status says that there is one. */
    String required(String path) throws IOException {
      if (status != 200) {
        throw new IOException("%s answered %d".formatted(path, status));
      }
      return body;
    }

    /** The body as JSON, which it may not be: who answers may not be who we think. */
    JsonObject requiredJson(String path) throws IOException {
      try {
        if (Json.decodeValue(required(path)) instanceof JsonObject object) {
          return object;
        }
      } catch (DecodeException e) {
        throw new IOException(path + " answered something that is no JSON", e);
      }
      throw new IOException(path + " answered something that is no JSON object");
    }
  }

  /** Makes sense of an answer, or says in words why there is none in it. */
  interface Reading<T> {
    T read(Answer answer) throws IOException;
  }

  private final Clockwork clockwork;
  private final URI base;
  private final HttpClient client;

  /**
   * @param base scheme, host and perhaps port; no path
   */
  MetadataClient(Clockwork clockwork, URI base) {
    this.clockwork = clockwork;
    this.base = base;
    this.client =
        clockwork
            .vertx()
            .createHttpClient(
                new HttpClientOptions()
                    .setConnectTimeout((int) CONNECT_MAX.toMillis())
                    // A kept connection that the server drops would look like a server in trouble.
                    .setKeepAlive(false));
  }

  URI base() {
    return base;
  }

  /**
   * Asks once, on the current context.
   *
   * @param path with its query
   * @return whatever was answered, with any status; fails with the cause in words
   */
  Future<Answer> ask(HttpMethod method, String path, Map<String, String> headers, Duration limit) {
    return new Exchange(path, limit).begin(method, headers);
  }

  /** Asks once and makes sense of the answer, all on the current context. */
  <T> Future<T> ask(
      HttpMethod method,
      String path,
      Map<String, String> headers,
      Duration limit,
      Reading<T> reading) {
    return ask(method, path, headers, limit).compose(answer -> read(answer, reading));
  }

  static <T> Future<T> read(Answer answer, Reading<T> reading) {
    try {
      return Future.succeededFuture(reading.read(answer));
    } catch (IOException e) {
      return Future.failedFuture(e);
    }
  }

  /** Cuts off what is pending. */
  Future<Void> close() {
    return client.close();
  }

  private final class Exchange {

    private final String path;
    private final Duration limit;
    private final Promise<Answer> answer = Promise.promise();
    private final Buffer body = Buffer.buffer();
    private @Nullable HttpClientRequest request;

    Exchange(String path, Duration limit) {
      this.path = path;
      this.limit = limit;
    }

    Future<Answer> begin(HttpMethod method, Map<String, String> headers) {
      RequestOptions options =
          new RequestOptions()
              .setMethod(method)
              .setAbsoluteURI(base + path)
              .setFollowRedirects(false);
      headers.forEach(options::putHeader);
      Future<HttpClientRequest> opening = client.request(options);
      Context context = clockwork.vertx().getOrCreateContext();
      String late = "%s was not answered within %d s".formatted(path, limit.toSeconds());
      Runnable stopLimit =
          clockwork.limits().after(limit, () -> context.runOnContext(due -> giveUp(late)));
      opening.onSuccess(this::send).onFailure(answer::tryFail);
      return answer.future().onComplete(done -> stopLimit.run());
    }

    private void send(HttpClientRequest opened) {
      request = opened;
      opened.exceptionHandler(answer::tryFail);
      if (answer.future().isComplete()) {
        opened.reset();
      } else {
        opened.send().onSuccess(this::receive).onFailure(answer::tryFail);
      }
    }

    private void receive(HttpClientResponse response) {
      response.exceptionHandler(answer::tryFail);
      response.handler(
          bytes -> {
            if (body.length() + bytes.length() > BODY_BYTES_MAX) {
              giveUp("%s answered more than %d bytes".formatted(path, BODY_BYTES_MAX));
            } else {
              body.appendBuffer(bytes);
            }
          });
      response.endHandler(
          end ->
              answer.tryComplete(
                  new Answer(response.statusCode(), response.headers(), body.toString())));
    }

    private void giveUp(String why) {
      if (answer.tryFail(new IOException(why)) && request != null) {
        request.reset();
      }
    }
  }
}
