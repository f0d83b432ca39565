package dev.holdfast.live;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobState;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Where jobs stand among those that wait. To count is dear, so a count is good for a while, and
 * only so many are made in a second; a job for which there is none has no place just now. Belongs
 * to one context.
 */
public final class Places {

  private static final Duration GOOD_FOR = Duration.ofSeconds(3);
  private static final int COUNTS_PER_SECOND_MAX = 20;
  private static final int REMEMBERED_MAX = 1_000;
  private static final long NANOS_PER_SECOND = Duration.ofSeconds(1).toNanos();

  private final Function<Instant, Future<Long>> waitingBefore;
  private final DrainRate drain;
  private final Clocked clock;
  private final Map<Instant, Counted> counts = new LinkedHashMap<>();
  private long second;
  private int countsInSecond;

  private record Counted(Future<Long> waiting, long atNanos) {}

  /**
   * @param waitingBefore how many waiting jobs were created before that time; within a bounded time
   */
  public Places(Function<Instant, Future<Long>> waitingBefore, DrainRate drain, Clocked clock) {
    this.waitingBefore = waitingBefore;
    this.drain = drain;
    this.clock = clock;
  }

  /** Null if the job does not wait or nobody knows; never fails. */
  public Future<@Nullable Place> of(Job job) {
    if (job.state() != JobState.QUEUED && job.state() != JobState.INTERRUPTED) {
      return Future.succeededFuture();
    }
    return counted(job.createdAt())
        .map(
            counting ->
                counting.<@Nullable Place>map(before -> place(before + 1)).otherwise((Place) null))
        .orElseGet(Future::succeededFuture);
  }

  private Optional<Future<Long>> counted(Instant createdAt) {
    long now = clock.nanos();
    Counted known = counts.get(createdAt);
    if (known != null && now - known.atNanos < GOOD_FOR.toNanos()) {
      return Optional.of(known.waiting);
    }
    if (now / NANOS_PER_SECOND != second) {
      second = now / NANOS_PER_SECOND;
      countsInSecond = 0;
    }
    if (++countsInSecond > COUNTS_PER_SECOND_MAX) {
      return Optional.empty();
    }
    counts.values().removeIf(count -> now - count.atNanos >= GOOD_FOR.toNanos());
    Future<Long> counting = waitingBefore.apply(createdAt);
    if (counts.size() < REMEMBERED_MAX) {
      counts.put(createdAt, new Counted(counting, now));
    }
    return Optional.of(counting);
  }

  private Place place(long position) {
    OptionalDouble perSecond = drain.perSecond();
    return new Place(
        position,
        perSecond.isEmpty() || perSecond.getAsDouble() <= 0
            ? null
            : Duration.ofMillis((long) (1_000 * position / perSecond.getAsDouble())));
  }
}
