package dev.holdfast.job;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rules of telling a client that its job has ended, in the manner of {@link JobLife}: functions
 * from one record to the next. Those that return null leave the record as it is.
 *
 * <p>Whoever calls the client takes the delivery first, so that usually one replica calls. It dies,
 * and the delivery is due again when its hold is over: at least once, not exactly once.
 */
public final class WebhookLife {

  public static final int ATTEMPTS_MAX = 8;

  /** From the first attempt to the last. */
  public static final Duration TRIED_FOR = Duration.ofHours(1);

  /** The event of the end leads a replica there sooner. */
  static final Duration FIRST_LOOK = Duration.ofSeconds(10);

  /** Before the second attempt, the third and so on: an hour in all. */
  private static final List<Duration> PAUSES =
      List.of(
          Duration.ofSeconds(5),
          Duration.ofSeconds(30),
          Duration.ofMinutes(2),
          Duration.ofMinutes(5),
          Duration.ofMinutes(10),
          Duration.ofMinutes(18),
          Duration.ofSeconds(1_465));

  private static final Duration PUT_OFF_MIN = Duration.ofSeconds(10);
  private static final Duration PUT_OFF_MAX = Duration.ofMinutes(5);

  private static final String NOTHING_HEARD =
      "the last attempt's sender was lost before it wrote down what came of it";

  private WebhookLife() {}

  /** The job ends with this edit: if its client wants to be told, that is due. */
  static void ended(JobEdit edit, Instant now) {
    if (edit.spec().webhook() != null) {
      edit.webhook = WebhookDelivery.due(edit.version(), now);
      edit.wakeAt = now.plus(FIRST_LOOK);
    }
  }

  /**
   * The name of the message that tells of the job's newest end: the same for every attempt, and
   * another if the job is retried and ends again.
   */
  public static String messageId(Job job) {
    return "%s-%d".formatted(job.id(), delivery(job).end());
  }

  /** The record as it was when the job had just ended, whatever has been written since. */
  public static Job atEnd(Job job) {
    Instant ended = job.endedAt() == null ? job.updatedAt() : job.endedAt();
    return new Job(
        job.id(),
        delivery(job).end(),
        job.spec(),
        job.state(),
        job.createdAt(),
        ended,
        job.endedAt(),
        job.wakeAt(),
        job.progress(),
        job.checkpoint(),
        job.spent(),
        job.fence(),
        job.lease(),
        job.attempts(),
        job.modelDigest(),
        job.error(),
        WebhookDelivery.due(delivery(job).end(), ended));
  }

  /**
   * An attempt begins.
   *
   * @param token random, the attempt's own
   * @param hold how long nobody else shall begin one
   * @return null if there is nothing to do now; a record that is not {@link Job#untold()} if all
   *     attempts are spent
   */
  public static @Nullable Job taken(Job job, String token, Duration hold, Instant now) {
    WebhookDelivery before = job.webhook();
    if (before == null || !job.untold()) {
      return null;
    }
    // the clocks of whoever ended the job and of whoever tells of it may differ
    boolean due = before.attempts() == 0 || !notBefore(before).isAfter(now);
    if (!due) {
      return null;
    }
    return before.attempts() >= ATTEMPTS_MAX
        ? with(job, before.answered(WebhookDelivery.Answer.none(NOTHING_HEARD), null, now), now)
        : with(job, before.begun(token, now, now.plus(hold)), now);
  }

  /** An attempt was taken and not begun after all; it does not count. */
  public static @Nullable Job givenBack(Job job, String token, Instant now) {
    WebhookDelivery before = job.webhook();
    if (before == null || !job.untold() || !token.equals(before.token())) {
      return null;
    }
    return with(job, before.waiting(before.attempts() - 1, now), now);
  }

  /**
   * An attempt has ended.
   *
   * @param end the {@link WebhookDelivery#end()} that it told of
   * @param random 0 to 1
   * @return null if it is not this attempt's to say
   */
  public static @Nullable Job answered(
      Job job, long end, String token, WebhookDelivery.Answer answer, double random, Instant now) {
    WebhookDelivery before = job.webhook();
    if (before == null
        || !job.untold()
        || before.end() != end
        || (!token.equals(before.token()) && !answer.isDelivered())) {
      return null;
    }
    Instant until = (before.firstAt() == null ? now : before.firstAt()).plus(TRIED_FOR);
    boolean settled =
        answer.isDelivered()
            || answer.last()
            || before.attempts() >= ATTEMPTS_MAX
            || !now.isBefore(until);
    Instant next = settled ? null : now.plus(pause(before.attempts(), random, answer));
    return with(
        job,
        before.answered(answer, next == null || next.isBefore(until) ? next : until, now),
        now);
  }

  /**
   * How long after the end of an attempt the next begins: between three quarters and the whole of
   * its pause, or longer if the receiver asks for it.
   */
  private static Duration pause(int attempts, double random, WebhookDelivery.Answer answer) {
    Duration whole = PAUSES.get(Math.min(Math.max(attempts, 1), PAUSES.size()) - 1);
    Duration pause = Duration.ofMillis((long) (whole.toMillis() * (0.75 + random / 4)));
    Duration asked =
        Duration.ofSeconds(Math.min(Math.max(answer.retryAfterS(), 0), TRIED_FOR.toSeconds()));
    return asked.compareTo(pause) > 0 ? asked : pause;
  }

  /** Nobody can take the delivery now; it is due again later, the later the older it is. */
  public static @Nullable Job putOff(Job job, Instant now) {
    WebhookDelivery before = job.webhook();
    if (before == null || !job.untold() || job.wakeAt().isAfter(now)) {
      return null;
    }
    Duration age = Duration.between(job.endedAt() == null ? now : job.endedAt(), now);
    Duration pause =
        age.compareTo(PUT_OFF_MIN) < 0
            ? PUT_OFF_MIN
            : age.compareTo(PUT_OFF_MAX) > 0 ? PUT_OFF_MAX : age;
    return with(job, before.waiting(before.attempts(), now.plus(pause)), now);
  }

  private static Job with(Job job, WebhookDelivery delivery, Instant now) {
    JobEdit edit = job.edit();
    edit.webhook = delivery;
    Instant next = delivery.nextAt();
    edit.wakeAt = next == null ? job.keptUntil() : next;
    return edit.done(now);
  }

  private static Instant notBefore(WebhookDelivery delivery) {
    Instant next = delivery.nextAt();
    return next == null ? Instant.EPOCH : next;
  }

  private static WebhookDelivery delivery(Job job) {
    WebhookDelivery delivery = job.webhook();
    if (delivery == null) {
      throw new IllegalArgumentException("nobody is to be told of job " + job.id());
    }
    return delivery;
  }
}
