package dev.holdfast.gcp;

import com.google.api.core.ApiFuture;
import com.google.api.gax.rpc.StatusCode.Code;
import com.google.pubsub.v1.DeleteSubscriptionRequest;
import com.google.pubsub.v1.ReceivedMessage;
import dev.holdfast.gcp.CallFailure.Role;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The event subscription of this process and what comes on it. It is made here, made again when it
 * has vanished, deleted at the end, and expires by itself after a crash. An outage is waited out.
 */
final class EventFeed {

  private static final Logger LOG = LoggerFactory.getLogger(EventFeed.class);

  private static final int POLL_MAX = 1_000;
  private static final Duration PAUSE = Duration.ofMillis(10);

  /**
   * After events where some are kept away: the few that come may come a moment later. The emulator
   * knows no filters; a worker that it tells of everything would ask for what it said itself.
   */
  private static final Duration FILTERED_PAUSE = Duration.ofMillis(200);

  private static final Duration RETRY_FIRST = Duration.ofMillis(50);
  private static final Duration RETRY_LONGEST = Duration.ofSeconds(2);
  private static final Duration OPEN_LIMIT = PubSubClients.CALL_LIMIT.plusSeconds(1);
  private static final Duration DELETE_LIMIT = Duration.ofSeconds(2);

  private final PubSubClients clients;
  private final PubSubLayout.Subscription subscription;
  private final String filter;
  private final PubSubLeases leases;
  private final PubSubPulls pulls;
  private final Consumer<ReceivedMessage> hear;
  private Duration retry = RETRY_FIRST;
  private boolean outage;
  private volatile @Nullable ApiFuture<?> polling;
  private volatile boolean closed;

  /**
   * @param filter which messages come, in Pub/Sub's language; empty for all
   */
  EventFeed(
      PubSubClients clients,
      PubSubLayout.Subscription subscription,
      String filter,
      Consumer<ReceivedMessage> hear) {
    this.clients = clients;
    this.subscription = subscription;
    this.filter = filter;
    this.hear = hear;
    leases = new PubSubLeases(clients, subscription.name());
    pulls = new PubSubPulls(clients, leases, subscription.name());
  }

  /** Blocks until the subscription is there or one try has failed; others then follow. */
  void open() {
    Future<Void> made = make();
    made.onComplete(this::begun);
    try {
      made.otherwiseEmpty()
          .toCompletionStage()
          .toCompletableFuture()
          .get(OPEN_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      LOG.warn("{} is not there yet; events are missed until it is.", subscription.name());
    }
  }

  private Future<Void> make() {
    return CallFailure.named(
            "create the subscription " + subscription.name() + " on " + subscription.topic(),
            Role.EDITOR,
            () ->
                clients
                    .subscriber()
                    .createSubscriptionCallable()
                    .futureCall(
                        SubscriptionSettings.asked(clients, subscription).toBuilder()
                            .setFilter(filter)
                            .build()))
        .<Void>mapEmpty()
        // an earlier try whose reply was lost
        .recover(
            failure ->
                CallFailure.code(failure) == Code.ALREADY_EXISTS
                    ? Future.succeededFuture()
                    : Future.failedFuture(failure));
  }

  private void begun(AsyncResult<Void> made) {
    if (made.succeeded()) {
      poll();
    } else {
      stumbled(made.cause(), () -> make().onComplete(this::begun));
    }
  }

  private void poll() {
    if (closed) {
      return;
    }
    pulls.poll(POLL_MAX, PubSubClients.POLL_LIMIT, call -> polling = call).onComplete(this::polled);
  }

  private void polled(AsyncResult<List<ReceivedMessage>> poll) {
    if (closed) {
      return;
    }
    if (poll.failed()) {
      boolean vanished = CallFailure.code(poll.cause()) == Code.NOT_FOUND;
      stumbled(poll.cause(), vanished ? () -> make().onComplete(this::begun) : this::poll);
      return;
    }
    if (outage) {
      LOG.info("Events come again on {}; some may have been missed.", subscription.name());
    }
    outage = false;
    retry = RETRY_FIRST;
    List<ReceivedMessage> messages = poll.result();
    if (messages.isEmpty()) {
      clients.after(PAUSE, this::poll);
      return;
    }
    leases
        .ack(messages.stream().map(ReceivedMessage::getAckId).toList())
        .onFailure(failure -> LOG.debug("Events will come twice. {}", failure.getMessage()));
    messages.forEach(hear);
    if (filter.isEmpty()) {
      poll();
    } else {
      clients.after(FILTERED_PAUSE, this::poll);
    }
  }

  private void stumbled(Throwable failure, Runnable next) {
    if (closed) {
      return;
    }
    if (!outage) {
      LOG.warn("No events come; tried again until they do. {}", failure.getMessage());
    }
    outage = true;
    clients.after(
        retry,
        () -> {
          if (!closed) {
            next.run();
          }
        });
    Duration doubled = retry.multipliedBy(2);
    retry = doubled.compareTo(RETRY_LONGEST) > 0 ? RETRY_LONGEST : doubled;
  }

  /** Deletes the subscription; blocks until then, {@link #DELETE_LIMIT} at most. Idempotent. */
  void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      CallFailure.named(
              "delete the subscription " + subscription.name(),
              Role.EDITOR,
              () ->
                  clients
                      .subscriber()
                      .deleteSubscriptionCallable()
                      .futureCall(
                          DeleteSubscriptionRequest.newBuilder()
                              .setSubscription(clients.subscription(subscription.name()))
                              .build(),
                          PubSubClients.within(DELETE_LIMIT)))
          .toCompletionStage()
          .toCompletableFuture()
          .get(DELETE_LIMIT.plusSeconds(1).toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      LOG.info("{} was not deleted; it expires by itself.", subscription.name());
    }
    ApiFuture<?> last = polling;
    if (last != null) {
      last.cancel(true);
    }
  }
}
