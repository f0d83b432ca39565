package dev.holdfast.job;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A {@link JobError} on its way to whoever can report it. It is an answer rather than a fault in
 * the program, so it carries no stack trace.
 */
public final class JobException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final JobError error;
  private final @Nullable Duration retryAfter;

  /**
   * @param message one sentence for the caller: what was wrong and what is allowed
   */
  public JobException(JobError error, String message) {
    this(error, message, null);
  }

  /**
   * @param retryAfter when the same request is worth another try, or null
   */
  public JobException(JobError error, String message, @Nullable Duration retryAfter) {
    super(message, null, false, false);
    this.error = error;
    this.retryAfter = retryAfter;
  }

  public JobError error() {
    return error;
  }

  /** The caller's sentence; unlike {@link #getMessage()} it is never null. */
  public String explanation() {
    String message = getMessage();
    return message == null ? error.code() : message;
  }

  public Optional<Duration> retryAfter() {
    return Optional.ofNullable(retryAfter);
  }
}
