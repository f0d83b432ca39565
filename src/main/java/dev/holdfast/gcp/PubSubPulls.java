package dev.holdfast.gcp;

import com.google.api.core.ApiFuture;
import com.google.api.gax.rpc.StatusCode.Code;
import com.google.pubsub.v1.PullRequest;
import com.google.pubsub.v1.PullResponse;
import com.google.pubsub.v1.ReceivedMessage;
import dev.holdfast.gcp.CallFailure.Role;
import dev.holdfast.job.JobError;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pulls of one subscription that are under way, each a row of polls. A poll has a deadline that
 * Pub/Sub knows and keeps, and is never cancelled: what a cancelled one had in hand would be held
 * back for a whole ack deadline. Thread-safe.
 */
final class PubSubPulls {

  private static final Logger LOG = LoggerFactory.getLogger(PubSubPulls.class);

  /** What a pull that does not wait gives Pub/Sub to look. */
  static final Duration LOOK = Duration.ofMillis(200);

  /** Polls that fail in a row, after which a pull does. */
  private static final int FAILURES_MAX = 4;

  private static final Duration RETRY_FIRST = Duration.ofMillis(50);

  /** Between an empty answer and the next poll: Pub/Sub may answer before the deadline. */
  private static final Duration PAUSE = Duration.ofMillis(10);

  /** What the last polls may take at closing, and what they bring to be given back. */
  private static final Duration CLOSE_LIMIT = PubSubClients.POLL_LIMIT.plusSeconds(1);

  private final PubSubClients clients;
  private final PubSubLeases leases;
  private final String subscription;
  private final Set<Pull> underWay = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  /**
   * @param subscription its short name
   */
  PubSubPulls(PubSubClients clients, PubSubLeases leases, String subscription) {
    this.clients = clients;
    this.leases = leases;
    this.subscription = subscription;
  }

  /**
   * Completes on the library's thread with what the first poll that is not empty brings; with an
   * empty list when {@code wait} is over or this is closed.
   */
  Future<List<ReceivedMessage>> pull(int max, Duration wait) {
    Pull pull = new Pull(max, System.nanoTime() + wait.toNanos());
    underWay.add(pull);
    pull.ended.future().onComplete(nothing -> underWay.remove(pull));
    if (closed) {
      pull.end();
      return Future.failedFuture(JobError.UNAVAILABLE.because("This process is closing."));
    }
    pull.poll(wait.compareTo(LOOK) < 0 ? LOOK : wait);
    return pull.answer.future();
  }

  /**
   * One poll: what is there within {@code limit}, or nothing.
   *
   * @param begun is told of the call, which may be cancelled where its messages do not matter
   */
  Future<List<ReceivedMessage>> poll(int max, Duration limit, Consumer<ApiFuture<?>> begun) {
    PullRequest request =
        PullRequest.newBuilder()
            .setSubscription(clients.subscription(subscription))
            .setMaxMessages(max)
            .build();
    Duration deadline =
        limit.compareTo(PubSubClients.POLL_LIMIT) > 0 ? PubSubClients.POLL_LIMIT : limit;
    return CallFailure.named(
            "pull from " + subscription,
            Role.SUBSCRIBER,
            () -> {
              ApiFuture<PullResponse> call =
                  clients
                      .subscriber()
                      .pullCallable()
                      .futureCall(request, clients.polling(deadline));
              begun.accept(call);
              return call;
            })
        .map(PullResponse::getReceivedMessagesList)
        .recover(
            failure ->
                CallFailure.code(failure) == Code.DEADLINE_EXCEEDED
                    ? Future.succeededFuture(List.of())
                    : Future.failedFuture(failure));
  }

  /**
   * Answers the pulls that wait with nothing, then lets their last polls end, and gives back what
   * those bring. Blocks until then, at most {@link #CLOSE_LIMIT}.
   */
  void close() {
    closed = true;
    List<Future<Void>> last = new ArrayList<>();
    for (Pull pull : underWay) {
      pull.answer.tryComplete(List.of());
      last.add(pull.ended.future());
    }
    try {
      Future.join(last)
          .toCompletionStage()
          .toCompletableFuture()
          .get(CLOSE_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      LOG.warn(
          "Polls of {} did not end in time; what they bring comes again after its ack deadline.",
          subscription);
    }
  }

  /** One pull; its polls follow each other. */
  private final class Pull {
    private final int max;
    private final long untilNanos;
    private final Promise<List<ReceivedMessage>> answer = Promise.promise();
    private final Promise<Void> ended = Promise.promise();
    private int failures;

    Pull(int max, long untilNanos) {
      this.max = max;
      this.untilNanos = untilNanos;
    }

    void poll(Duration limit) {
      PubSubPulls.this.poll(max, limit, call -> {}).onComplete(this::polled);
    }

    private void polled(AsyncResult<List<ReceivedMessage>> poll) {
      if (poll.failed()) {
        failures++;
        Duration delay = RETRY_FIRST.multipliedBy(1L << (failures - 1));
        if (!CallFailure.isTransient(poll.cause())
            || failures >= FAILURES_MAX
            || left().compareTo(delay) <= 0) {
          answer.tryFail(poll.cause());
          ended.tryComplete();
        } else {
          pollAfter(delay);
        }
        return;
      }
      failures = 0;
      List<ReceivedMessage> messages = poll.result();
      if (messages.isEmpty()) {
        pollAfter(PAUSE);
      } else if (answer.tryComplete(messages)) {
        ended.tryComplete();
      } else {
        leases
            .lease(messages.stream().map(ReceivedMessage::getAckId).toList(), 0)
            .onComplete(released -> ended.tryComplete());
      }
    }

    private void pollAfter(Duration delay) {
      if (left().compareTo(delay) <= 0) {
        end();
        return;
      }
      clients.after(
          delay,
          () -> {
            Duration left = left();
            if (closed || left.isZero() || left.isNegative()) {
              end();
            } else {
              poll(left);
            }
          });
    }

    private Duration left() {
      return Duration.ofNanos(untilNanos - System.nanoTime());
    }

    private void end() {
      answer.tryComplete(List.of());
      ended.tryComplete();
    }
  }
}
