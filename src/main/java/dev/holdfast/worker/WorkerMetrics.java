package dev.holdfast.worker;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.function.Supplier;

/** Every name that the worker measures under. */
final class WorkerMetrics {

  private final MeterRegistry registry;
  final Counter items;
  final Counter itemErrors;
  final Counter batchesSplit;
  final Counter memoryShort;
  final Counter tokens;
  final Counter paddedTokens;
  final DistributionSummary batchItems;
  final DistributionSummary poolItems;
  final Timer inference;
  final Timer laneIdle;
  final Timer prepare;
  final Timer part;
  final Counter partsAdopted;
  final Counter partsRescued;
  final Counter fencedOut;
  final Counter leaseFailures;
  private long batchesTold;
  private double batchItemsTold;

  WorkerMetrics(MeterRegistry registry) {
    this.registry = registry;
    items = registry.counter("holdfast.items");
    itemErrors = registry.counter("holdfast.items.errors");
    batchesSplit = registry.counter("holdfast.batches.split");
    memoryShort = registry.counter("holdfast.memory.short");
    tokens = registry.counter("holdfast.tokens");
    paddedTokens = registry.counter("holdfast.tokens.padded");
    batchItems = registry.summary("holdfast.batch.items");
    poolItems = registry.summary("holdfast.pool.items");
    inference = registry.timer("holdfast.inference");
    laneIdle = registry.timer("holdfast.lane.idle");
    prepare = registry.timer("holdfast.prepare");
    part = registry.timer("holdfast.part");
    partsAdopted = registry.counter("holdfast.parts.adopted");
    partsRescued = registry.counter("holdfast.parts.rescued");
    fencedOut = registry.counter("holdfast.fenced.out");
    leaseFailures = registry.counter("holdfast.lease.failures");
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

  private void seconds(String name, String model, Supplier<Number> value) {
    Gauge.builder(name, value).baseUnit("seconds").tag("model", model).register(registry);
  }
}
