package dev.holdfast.gcp;

import com.google.pubsub.v1.PubsubMessage;
import com.google.pubsub.v1.ReceivedMessage;
import dev.holdfast.adapter.CallerContext;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobQueue;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Messages on Pub/Sub, by unary pull and leases of our own: a puller holds no more than it asked
 * for, and a message of a dead one comes again after its ack deadline. Google's own {@code
 * Subscriber} buffers and leases more than anyone asked for.
 *
 * <p>Deadlines and delays are whole seconds, rounded up, at most {@link PubSubLeases#SECONDS_MAX}.
 * Pub/Sub may honour a settlement that comes after its lease has ended, and may deliver again a
 * message that was settled: the fence on the job's record decides, never this. Thread-safe.
 */
final class PubSubJobQueue implements JobQueue, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(PubSubJobQueue.class);

  /** Messages of one pull. cloud.google.com/pubsub/quotas#resource_limits */
  private static final int PULL_MAX = 1_000;

  private final PubSubLayout layout;
  private final PubSubPublishing publishing;
  private final PubSubLeases leases;
  private final InHand inHand;
  private final PubSubPulls pulls;
  private final PubSubDeadLetters deadLetters;
  private final AtomicLong strangers = new AtomicLong();

  PubSubJobQueue(PubSubClients clients, PubSubLayout layout) {
    this.layout = layout;
    inHand = clients.inHand();
    String subscription = layout.subscriptions().jobs().name();
    publishing = new PubSubPublishing(clients, PubSubClients.CALL_LIMIT);
    leases = new PubSubLeases(clients, subscription);
    pulls = new PubSubPulls(clients, leases, subscription);
    deadLetters = new PubSubDeadLetters(clients, layout, publishing);
  }

  @Override
  public Future<Void> publish(Message message) {
    return CallerContext.here(
        publishing.publish(layout.topics().jobs(), message.job(), message.attributes()));
  }

  @Override
  public Future<List<Delivery>> pull(int max, Duration ackDeadline, Duration wait) {
    if (max < 1) {
      return Future.failedFuture(new IllegalArgumentException("a pull takes 1 or more: " + max));
    }
    return CallerContext.here(
        pullUntil(Math.min(max, PULL_MAX), ackDeadline, System.nanoTime() + wait.toNanos())
            .onSuccess(deliveries -> inHand.taken(ids(deliveries), ackDeadline)));
  }

  private Future<List<Delivery>> pullUntil(int max, Duration ackDeadline, long untilNanos) {
    Duration wait = Duration.ofNanos(Math.max(0, untilNanos - System.nanoTime()));
    return pulls
        .pull(max, wait)
        .compose(
            received -> {
              List<Delivery> deliveries = ours(received);
              if (deliveries.isEmpty() && !received.isEmpty() && !wait.isZero()) {
                return pullUntil(max, ackDeadline, untilNanos);
              }
              int seconds = Math.max(1, PubSubLeases.seconds(ackDeadline));
              return deliveries.isEmpty()
                      || seconds == layout.subscriptions().jobs().ackDeadlineSeconds()
                  ? Future.succeededFuture(deliveries)
                  : leases.lease(ids(deliveries), seconds).map(deliveries);
            });
  }

  /** What is not a job's message is ended here, or it would come again for ever. */
  private List<Delivery> ours(List<ReceivedMessage> received) {
    List<Delivery> deliveries = new ArrayList<>(received.size());
    List<String> foreign = new ArrayList<>();
    for (ReceivedMessage message : received) {
      Optional<JobId> job = job(message.getMessage());
      if (job.isPresent()) {
        Map<String, String> attributes = new HashMap<>(message.getMessage().getAttributesMap());
        attributes.remove(PubSubPublishing.JOB);
        // what the client libraries and the broker add for themselves is nobody's attribute
        attributes.keySet().removeIf(key -> key.startsWith("goog"));
        deliveries.add(
            new LeasedMessage(
                leases, inHand, message.getAckId(), new Message(job.get(), attributes)));
      } else {
        foreign.add(message.getAckId());
      }
    }
    if (!foreign.isEmpty()) {
      LOG.warn(
          "{} messages on {} name no job; they are acknowledged and dropped, {} so far.",
          foreign.size(),
          layout.topics().jobs(),
          strangers.addAndGet(foreign.size()));
      leases
          .ack(foreign)
          .onFailure(failure -> LOG.warn("They will come again. {}", failure.getMessage()));
    }
    return deliveries;
  }

  /** The job that the message's data names. */
  static Optional<JobId> job(PubsubMessage message) {
    return message.getData().isValidUtf8()
        ? JobId.parse(message.getData().toStringUtf8())
        : Optional.empty();
  }

  /** Messages so far that named no job. */
  long strangers() {
    return strangers.get();
  }

  private static List<String> ids(Collection<Delivery> deliveries) {
    List<String> ids = new ArrayList<>(deliveries.size());
    for (Delivery delivery : deliveries) {
      if (!(delivery instanceof LeasedMessage message)) {
        throw new IllegalArgumentException("not a delivery of this queue: " + delivery);
      }
      if (!message.settled.get()) {
        ids.add(message.ackId);
      }
    }
    return ids;
  }

  @Override
  public Future<Void> extend(Collection<Delivery> deliveries, Duration ackDeadline) {
    List<String> ids;
    try {
      ids = ids(deliveries);
    } catch (IllegalArgumentException e) {
      return Future.failedFuture(e);
    }
    inHand.extended(ids, ackDeadline);
    return ids.isEmpty()
        ? Future.succeededFuture()
        : CallerContext.here(leases.lease(ids, Math.max(1, PubSubLeases.seconds(ackDeadline))));
  }

  @Override
  public Future<Void> deadLetter(DeadLetter letter) {
    return CallerContext.here(deadLetters.keep(letter));
  }

  @Override
  public Future<List<DeadLetter>> deadLetters(int limit) {
    return CallerContext.here(deadLetters.newest(limit));
  }

  /**
   * Answers the pulls that wait with nothing and sends what has been gathered. Blocks until the
   * last polls have ended, some seconds at most; idempotent.
   */
  @Override
  public void close() {
    pulls.close();
    leases.close();
    publishing.close();
  }

  /** A message with the id of its lease, which is settled once. */
  private static final class LeasedMessage implements Delivery {
    private final PubSubLeases leases;
    private final InHand inHand;
    private final String ackId;
    private final Message message;
    private final AtomicBoolean settled = new AtomicBoolean();

    LeasedMessage(PubSubLeases leases, InHand inHand, String ackId, Message message) {
      this.leases = leases;
      this.inHand = inHand;
      this.ackId = ackId;
      this.message = message;
    }

    @Override
    public Message message() {
      return message;
    }

    @Override
    public Future<Void> ack() {
      return settled.compareAndSet(false, true)
          ? CallerContext.here(settled(leases.ack(ackId)))
          : Future.succeededFuture();
    }

    @Override
    public Future<Void> release(Duration delay) {
      return settled.compareAndSet(false, true)
          ? CallerContext.here(settled(leases.release(ackId, PubSubLeases.seconds(delay))))
          : Future.succeededFuture();
    }

    /** What was not said may be said again. */
    private Future<Void> settled(Future<Void> call) {
      inHand.settled(ackId);
      return call.onFailure(failure -> settled.set(false));
    }

    @Override
    public String toString() {
      return "delivery of " + message.job();
    }
  }
}
