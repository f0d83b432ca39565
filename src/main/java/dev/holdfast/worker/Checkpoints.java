package dev.holdfast.worker;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * How often a worker makes checkpoints, and where its parts wait for the object store.
 *
 * @param span how much inference may lie between two checkpoints; empty to tune it by what a cut
 *     costs and how often work is lost
 * @param interruptionsEvery what a tuned span takes for the time between two losses until some were
 *     seen
 * @param scratch a directory of this machine for parts that are not in the object store yet; empty
 *     to keep those in memory
 */
public record Checkpoints(
    Optional<Duration> span, Duration interruptionsEvery, Optional<Path> scratch) {

  /** What is assumed of interruptions before any was seen. */
  public static final Duration INTERRUPTIONS_EVERY = Duration.ofHours(1);

  /** Spans of one length, no scratch. */
  public static Checkpoints every(Duration span) {
    return new Checkpoints(Optional.of(span), INTERRUPTIONS_EVERY, Optional.empty());
  }

  CheckpointPolicy policy() {
    return span.map(CheckpointPolicy::fixed)
        .orElseGet(() -> CheckpointPolicy.tuned(interruptionsEvery));
  }
}
