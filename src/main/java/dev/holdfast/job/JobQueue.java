package dev.holdfast.job;

import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * The broker: job ids on their way to a worker, at least once, in no promised order.
 *
 * <p>A pulled message is leased to its puller until its ack deadline, {@link #ACK_DEADLINE} after
 * the pull; then it is delivered again, to anyone. {@link #extend} moves the deadline. Futures
 * complete on the caller's Vert.x context if it has one.
 */
public interface JobQueue {

  /** How long a delivery is leased by a pull, and by default by each extension. */
  Duration ACK_DEADLINE = Duration.ofSeconds(30);

  /** Sends a message; durable on completion. */
  Future<Void> publish(Message message);

  /**
   * @param attributes a few short strings, such as the model's name
   */
  record Message(JobId job, Map<String, String> attributes) {
    public Message {
      attributes = Map.copyOf(attributes);
    }

    /** The attribute that names the job's model. */
    public static final String MODEL = "model";

    /** The attribute with the value of the job's label of the same name, if it has one. */
    public static final String TENANT = "tenant";

    /** The attribute that names the trace of the job's submission, if it has one. */
    public static final String TRACEPARENT = "traceparent";
  }

  /**
   * Takes messages that nobody holds.
   *
   * @param max at most this many, from 1
   * @param ackDeadline how long each is leased
   * @param wait how long to wait for a first message; completes with an empty list after that
   */
  Future<List<Delivery>> pull(int max, Duration ackDeadline, Duration wait);

  /**
   * Leases the deliveries for {@code ackDeadline} from now, in one call. A delivery whose lease has
   * passed to someone else is left alone.
   *
   * <p>May be called from any thread.
   */
  Future<Void> extend(Collection<Delivery> deliveries, Duration ackDeadline);

  /** Keeps a copy of a message that nobody will try again by itself; durable on completion. */
  Future<Void> deadLetter(DeadLetter letter);

  /**
   * @param attempts how many times the job was claimed
   */
  record DeadLetter(JobId job, String reason, int attempts, long fence, Instant at) {

    /** That of a job which has failed for good: the same for each message that led to it. */
    public static DeadLetter of(Job failed, Instant now) {
      Instant at = failed.endedAt() == null ? now : failed.endedAt();
      Job.Report error = failed.error();
      String reason =
          error == null ? failed.state().wireName() : error.code() + ": " + error.message();
      return new DeadLetter(failed.id(), reason, (int) failed.fence(), failed.fence(), at);
    }
  }

  /** The newest dead letters first. */
  Future<List<DeadLetter>> deadLetters(int limit);

  /** A message in the hands of a worker, to be settled exactly once. */
  interface Delivery {

    Message message();

    /**
     * Ends the message. Called by nobody but the worker's {@code JobRunner}, and by it last, after
     * everything that must outlive the message is durable. No effect after the lease has passed on.
     */
    Future<Void> ack();

    /** Gives the message back: it is delivered again after {@code delay}, which may be zero. */
    Future<Void> release(Duration delay);
  }
}
