package dev.holdfast.job;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How far a client has been told that its job has ended. {@link WebhookLife} holds the rules.
 *
 * @param end the version of the record with which the job ended
 * @param attempts how many have begun
 * @param firstAt when the first of them began, or null
 * @param nextAt when the next may begin; while one goes on, when it is taken for lost; null once
 *     there will be none
 * @param token of the attempt that goes on or was the last: tells it from another replica's
 * @param lastStatus the HTTP status of the newest answer, or null if the newest attempt had none
 * @param lastError why the newest attempt failed, or null
 */
public record WebhookDelivery(
    long end,
    State state,
    int attempts,
    @Nullable Instant firstAt,
    @Nullable Instant nextAt,
    @Nullable String token,
    @Nullable Integer lastStatus,
    @Nullable String lastError,
    @Nullable Instant deliveredAt) {

  /** Where a delivery stands; PENDING is the only one that it leaves. */
  public enum State {
    PENDING,
    DELIVERED,
    FAILED
  }

  /**
   * What came of one attempt.
   *
   * @param status the answer's, or null if there was none
   * @param error why the attempt failed, for the client to read; null if it was delivered
   * @param last whether another attempt would be unwanted
   * @param retryAfterS how many seconds the receiver asks to be left alone, 0 if it does not
   */
  public record Answer(
      @Nullable Integer status, @Nullable String error, boolean last, long retryAfterS) {

    public static Answer delivered(int status) {
      return new Answer(status, null, false, 0);
    }

    /** There was no answer, and another attempt may have one. */
    public static Answer none(String error) {
      return new Answer(null, error, false, 0);
    }

    public boolean isDelivered() {
      return error == null;
    }
  }

  static WebhookDelivery due(long end, Instant at) {
    return new WebhookDelivery(end, State.PENDING, 0, null, at, null, null, null, null);
  }

  WebhookDelivery begun(String token, Instant now, Instant until) {
    return new WebhookDelivery(
        end,
        state,
        attempts + 1,
        firstAt == null ? now : firstAt,
        until,
        token,
        lastStatus,
        lastError,
        null);
  }

  WebhookDelivery waiting(int attempts, Instant next) {
    return new WebhookDelivery(
        end,
        state,
        attempts,
        attempts == 0 ? null : firstAt,
        next,
        null,
        lastStatus,
        lastError,
        null);
  }

  /** After an answer; with no next attempt it is settled. */
  WebhookDelivery answered(Answer answer, @Nullable Instant next, Instant now) {
    boolean delivered = answer.isDelivered();
    return new WebhookDelivery(
        end,
        delivered ? State.DELIVERED : next == null ? State.FAILED : State.PENDING,
        attempts,
        firstAt,
        next,
        token,
        answer.status(),
        answer.error(),
        delivered ? now : null);
  }
}
