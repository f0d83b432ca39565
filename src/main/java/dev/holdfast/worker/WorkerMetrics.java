package dev.holdfast.worker;

import dev.holdfast.job.Claim;
import dev.holdfast.job.Job;
import dev.holdfast.job.ModelSpec.BatchLimits;
import dev.holdfast.worker.InferenceEngine.LoadedModel;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Every name that the worker measures under. */
final class WorkerMetrics {

  /** What parts and hand-overs are told in: from what is usual to what is an alarm. */
  private static final Duration[] BUCKETS =
      Stream.of(50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000)
          .map(Duration::ofMillis)
          .toArray(Duration[]::new);

  /** Buckets of a part of a whole. */
  private static final double[] SHARES = {0.1, 0.25, 0.5, 0.75, 0.9, 1};

  private final MeterRegistry registry;
  final Counter items;
  final Counter itemErrors;

  /** Inferred for nothing: their job was left or had ended before they were done. */
  final Counter itemsDropped;

  /** Whose rows an earlier attempt had left, so that they are not inferred again. */
  final Counter itemsReused;

  final Counter batchesSplit;
  final Counter memoryShort;
  final Counter tokens;
  final Counter paddedTokens;
  private final DistributionSummary batchItems;
  final DistributionSummary poolItems;
  final Timer inference;
  final Timer laneIdle;
  final Timer prepare;
  final Timer part;
  private final DistributionSummary batchFill;
  private final Timer checkpointLoad;
  private final Timer handOver;
  private final Timer recovery;
  private final Timer graceUsed;
  final Counter partsAdopted;
  final Counter partsRescued;
  final Counter fencedOut;
  final Counter leaseFailures;
  private final SeenFromZero interruptions = new SeenFromZero();
  private long batchesTold;
  private double batchItemsTold;

  WorkerMetrics(MeterRegistry registry) {
    this.registry = registry;
    items = registry.counter("holdfast.items");
    itemErrors = registry.counter("holdfast.items.errors");
    itemsDropped = registry.counter("holdfast.items.dropped");
    itemsReused = registry.counter("holdfast.items.reused");
    batchesSplit = registry.counter("holdfast.batches.split");
    memoryShort = registry.counter("holdfast.memory.short");
    tokens = registry.counter("holdfast.tokens");
    paddedTokens = registry.counter("holdfast.tokens.padded");
    batchItems = registry.summary("holdfast.batch.items");
    poolItems = registry.summary("holdfast.pool.items");
    inference = registry.timer("holdfast.inference");
    laneIdle = registry.timer("holdfast.lane.idle");
    prepare = registry.timer("holdfast.prepare");
    part = timer("holdfast.part");
    batchFill =
        DistributionSummary.builder("holdfast.batch.fill")
            .serviceLevelObjectives(SHARES)
            .register(registry);
    checkpointLoad = timer("holdfast.checkpoint.load");
    handOver = timer("holdfast.hand.over");
    recovery = timer("holdfast.recovery");
    graceUsed = timer("holdfast.grace.used");
    partsAdopted = registry.counter("holdfast.parts.adopted");
    partsRescued = registry.counter("holdfast.parts.rescued");
    fencedOut = registry.counter("holdfast.fenced.out");
    leaseFailures = registry.counter("holdfast.lease.failures");
  }

  private Timer timer(String name) {
    return Timer.builder(name).serviceLevelObjectives(BUCKETS).register(registry);
  }

  /** How many items a micro-batch had on average since the last call; 0 if there was none. */
  synchronized double meanBatchSinceLast() {
    long batches = batchItems.count();
    double items = batchItems.totalAmount();
    double mean = batches == batchesTold ? 0 : (items - batchItemsTold) / (batches - batchesTold);
    batchesTold = batches;
    batchItemsTold = items;
    return Math.round(mean * 10) / 10.0;
  }

  /** Counts what became of a delivery. */
  void delivery(String outcome) {
    registry.counter("holdfast.deliveries", "outcome", outcome).increment();
  }

  /**
   * A micro-batch was inferred. It is full when it holds as many items or as many tokens, padding
   * counted in, as it may.
   */
  void batch(int itemsInIt, long tokensInIt, BatchLimits bounds) {
    batchItems.record(itemsInIt);
    batchFill.record(
        Math.max((double) itemsInIt / bounds.itemsMax(), (double) tokensInIt / bounds.tokensMax()));
  }

  /** An attempt has found out where an earlier one left off. */
  void resumed(long nanos) {
    checkpointLoad.record(nanos, TimeUnit.NANOSECONDS);
  }

  /**
   * Counts that the attempt before the newest one ended since its worker went, where that was, and
   * how long nobody worked on the job. Whoever goes on counts it, since one that is killed cannot,
   * and each end is counted once.
   *
   * @param nowNanos on the stopwatch that {@link #settle} is told by
   */
  void wentOn(Claim.Claimed claimed, long nowNanos) {
    List<Job.Attempt> all = claimed.job().attempts();
    if (all.size() < 2) {
      return;
    }
    Job.Attempt before = all.get(all.size() - 2);
    Job.Outcome outcome = before.outcome();
    if (outcome == null || (outcome != Job.Outcome.INTERRUPTED && outcome != Job.Outcome.LOST)) {
      return;
    }
    Job.Place place = before.place();
    interruptions.count(
        registry.counter(
            "holdfast.interruptions",
            "after",
            outcome.name().toLowerCase(Locale.ROOT),
            "from_zone",
            known(place.zone()),
            "from_spot",
            known(place.spot()),
            "from_machine",
            known(place.machine())),
        nowNanos);
    Instant ended = before.ended();
    Instant started = all.get(all.size() - 1).started();
    if (outcome == Job.Outcome.LOST) {
      // it is given its end by this claim; when it was last heard of, it lived
      recovery.record(between(claimed.heardOf(), started));
    } else if (ended != null) {
      handOver.record(between(ended, started));
      if (before.told() != null) {
        graceUsed.record(between(before.told(), ended));
      }
    }
  }

  /** Counts what had to wait; call it every few seconds. */
  void settle(long nowNanos) {
    interruptions.settle(nowNanos);
  }

  private static Duration between(Instant from, Instant to) {
    Duration time = Duration.between(from, to);
    return time.isNegative() ? Duration.ZERO : time;
  }

  private static String known(@Nullable Object fact) {
    return fact == null ? "unknown" : fact.toString();
  }

  /** Shows a value under its name for as long as the process lives. */
  void gauge(String name, Supplier<Number> value) {
    Gauge.builder(name, value).register(registry);
  }

  /** Shows a model's checkpoint span and what it is tuned by. */
  void checkpoints(String model, CheckpointPolicy policy) {
    seconds("holdfast.checkpoint.span", model, () -> policy.span().toNanos() / 1e9);
    seconds("holdfast.checkpoint.cost", model, policy::costSeconds);
    seconds("holdfast.interruptions.every", model, policy::betweenInterruptionsSeconds);
  }

  /** Shows how a model is run, be it declared or measured. */
  void runs(LoadedModel model) {
    String name = model.spec().name();
    BatchLimits limits = model.spec().batch();
    count("holdfast.lanes", name, model.lanes());
    count("holdfast.batch.limit.items", name, limits.itemsMax());
    count("holdfast.batch.limit.tokens", name, limits.tokensMax());
    seconds("holdfast.batch.limit.delay", name, () -> limits.delayMax().toNanos() / 1e9);
  }

  private void count(String name, String model, int value) {
    Gauge.builder(name, () -> value).tag("model", model).register(registry);
  }

  private void seconds(String name, String model, Supplier<Number> value) {
    Gauge.builder(name, value).baseUnit("seconds").tag("model", model).register(registry);
  }
}
