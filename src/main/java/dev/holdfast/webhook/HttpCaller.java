package dev.holdfast.webhook;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.JobException;
import dev.holdfast.job.WebhookDelivery.Answer;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.net.TrustOptions;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls over HTTP/1.1, a new connection each time. The receiver is a stranger: its name is looked
 * up here, every address that it has is judged, and the connection goes to the address that was
 * judged, never to one that is looked up again; the name stays what the certificate is checked
 * against. No redirect is followed, and of what is answered only the status and Retry-After matter.
 *
 * <p>Belongs to one Vert.x context, on which its answers come.
 */
final class HttpCaller implements Caller {

  private static final Logger LOG = LoggerFactory.getLogger(HttpCaller.class);

  /** From a known address to an open connection. */
  static final Duration CONNECT_MAX = Duration.ofSeconds(3);

  private static final Duration HANDSHAKE_MAX = Duration.ofSeconds(5);

  /** A receiver that ends its answer within this much sees an orderly end. */
  private static final int BODY_BYTES_MAX = 16 * 1024;

  private static final int HEADERS_BYTES_MAX = 16 * 1024;

  private final TargetRules rules;
  private final Names names;
  private final Clocked clock;
  private final Duration callMax;
  private final Context context;
  private final HttpClient client;

  HttpCaller(Vertx vertx, TargetRules rules, Names names, Clocked clock, Limits limits) {
    this.rules = rules;
    this.names = names;
    this.clock = clock;
    this.callMax = limits.callMax();
    this.context = vertx.getOrCreateContext();
    HttpClientOptions options =
        new HttpClientOptions()
            .setConnectTimeout((int) CONNECT_MAX.toMillis())
            .setSslHandshakeTimeout(HANDSHAKE_MAX.toSeconds())
            .setMaxHeaderSize(HEADERS_BYTES_MAX)
            .setVerifyHost(true)
            .setKeepAlive(false);
    if (limits.trust() != null) {
      options.setTrustOptions(limits.trust());
    }
    this.client =
        vertx.createHttpClient(options, new PoolOptions().setHttp1MaxSize(limits.callsMax()));
  }

  /**
   * @param callMax from the question for the name's addresses to the end of the answer
   * @param callsMax at once to one receiver
   * @param trust whose certificates are trusted; null for those that Java trusts
   */
  record Limits(Duration callMax, int callsMax, @Nullable TrustOptions trust) {
    Limits(Duration callMax, int callsMax) {
      this(callMax, callsMax, null);
    }
  }

  @Override
  public Future<Answer> call(String url, Message message) {
    Target target;
    try {
      target = Target.parse(url);
    } catch (JobException e) {
      return Future.succeededFuture(new Answer(null, e.explanation(), true, 0));
    }
    Exchange exchange = new Exchange(target, message);
    context.runOnContext(go -> exchange.begin());
    return exchange.answer.future();
  }

  /** Cuts off what is pending. */
  Future<Void> close() {
    return client.close();
  }

  private final class Exchange {

    private final Target target;
    private final Message message;
    private final Promise<Answer> answer = Promise.promise();
    private @Nullable HttpClientRequest request;
    private @Nullable Answer answered;
    private int bodyBytes;

    Exchange(Target target, Message message) {
      this.target = target;
      this.message = message;
    }

    void begin() {
      Clocked.Timer limit = clock.after(callMax, () -> context.runOnContext(due -> timeOut()));
      answer.future().onComplete(done -> limit.cancel());
      target
          .address()
          .map(literal -> Future.succeededFuture(List.of(literal)))
          .orElseGet(() -> names.lookUp(target.host()))
          .onComplete(
              found ->
                  context.runOnContext(
                      go -> {
                        if (found.failed() || found.result().isEmpty()) {
                          end(Answer.none("the host's name has no address that could be found"));
                        } else {
                          judge(found.result());
                        }
                      }));
    }

    private void judge(List<InetAddress> found) {
      String why = rules.refusal(target, found);
      if (why != null) {
        LOG.warn("{} is not called: {} has {}; {}", message.id(), target.host(), found, why);
        end(Answer.none(why));
        return;
      }
      if (answer.future().isComplete()) {
        return;
      }
      // an address that cannot be reached from here costs one attempt, not all
      InetAddress chosen = found.get(Math.floorMod(message.attempt() - 1, found.size()));
      RequestOptions options =
          new RequestOptions()
              .setMethod(HttpMethod.POST)
              .setServer(
                  SocketAddress.inetSocketAddress(new InetSocketAddress(chosen, target.port())))
              .setHost(target.authorityHost())
              .setPort(target.port())
              .setSsl(target.tls())
              .setURI(target.uri())
              .setFollowRedirects(false)
              .putHeader("Content-Type", "application/json")
              .putHeader("User-Agent", "Holdfast")
              .putHeader("webhook-id", message.id())
              .putHeader("webhook-timestamp", Long.toString(message.timestamp()))
              .putHeader("webhook-signature", message.signatures());
      client.request(options).onSuccess(this::send).onFailure(this::fail);
    }

    private void send(HttpClientRequest opened) {
      request = opened;
      opened.exceptionHandler(this::fail);
      if (answer.future().isComplete()) {
        opened.reset();
      } else {
        opened.send(message.body()).onSuccess(this::receive).onFailure(this::fail);
      }
    }

    private void receive(HttpClientResponse response) {
      answered = Answers.of(response.statusCode(), response.getHeader("Retry-After"), clock);
      response.exceptionHandler(broken -> end(answered));
      response.endHandler(end -> end(answered));
      response.handler(
          bytes -> {
            bodyBytes += bytes.length();
            if (bodyBytes > BODY_BYTES_MAX) {
              cutOff();
            }
          });
    }

    private void fail(Throwable failure) {
      LOG.debug("the call of {} failed", message.id(), failure);
      end(answered == null ? Answer.none(Answers.said(failure)) : answered);
    }

    private void timeOut() {
      if (answered == null) {
        answered = Answer.none("there was no answer within %d s".formatted(callMax.toSeconds()));
      }
      cutOff();
    }

    private void cutOff() {
      end(answered);
      if (request != null) {
        request.reset();
      }
    }

    private void end(@Nullable Answer with) {
      answer.tryComplete(with == null ? Answer.none("there was no answer") : with);
    }
  }
}
