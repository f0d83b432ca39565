package dev.holdfast.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.holdfast.job.JobError;
import dev.holdfast.job.JobException;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for futures in tests, never without a limit. */
public final class Futures {

  public static final Duration PATIENCE = Duration.ofSeconds(30);

  private Futures() {}

  /** The result, or the future's own failure thrown. */
  public static <T> T await(Future<T> future) {
    return await(future, PATIENCE);
  }

  /** The result, or the future's own failure thrown. */
  public static <T> T await(Future<T> future, Duration limit) {
    try {
      return future
          .toCompletionStage()
          .toCompletableFuture()
          .get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw unchecked(e);
    } catch (TimeoutException e) {
      throw new AssertionError("not completed within " + limit, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** The failure that the future must end with. */
  public static Throwable failure(Future<?> future) {
    Throwable failure = catchThrowable(() -> await(future));
    assertThat(failure).as("failure").isNotNull().isNotInstanceOf(AssertionError.class);
    return failure;
  }

  /** The {@link JobException} that the future must end with. */
  public static JobException refusal(Future<?> future, JobError error) {
    Throwable failure = failure(future);
    assertThat(failure).isInstanceOf(JobException.class);
    JobException refusal = (JobException) failure;
    assertThat(refusal.error()).as(refusal.explanation()).isEqualTo(error);
    return refusal;
  }

  private static RuntimeException unchecked(ExecutionException e) {
    return e.getCause() instanceof RuntimeException cause
        ? cause
        : new IllegalStateException(e.getMessage(), e.getCause());
  }
}
