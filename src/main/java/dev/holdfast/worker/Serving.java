package dev.holdfast.worker;

/** One loaded model and what its jobs share: the batcher, the gate before it, the policy. */
final class Serving {

  /** How many micro-batches' worth of items may be on their way, so that lengths can be matched. */
  private static final int READ_AHEAD_BATCHES = 16;

  private static final int READ_AHEAD_ITEMS_MIN = 64;
  private static final long GATE_BYTES_MAX = 64L * 1024 * 1024;

  private final MicroBatcher batcher;
  private final CheckpointPolicy policy;
  private final WorkerMetrics metrics;
  private final Gate gate;
  private final int readAheadItems;

  Serving(MicroBatcher batcher, CheckpointPolicy policy, WorkerMetrics metrics) {
    this.batcher = batcher;
    this.policy = policy;
    this.metrics = metrics;
    int batchItems = batcher.model().spec().batch().itemsMax();
    this.readAheadItems = Math.max(READ_AHEAD_ITEMS_MIN, batchItems * READ_AHEAD_BATCHES);
    this.gate = new Gate(readAheadItems, GATE_BYTES_MAX);
  }

  MicroBatcher batcher() {
    return batcher;
  }

  CheckpointPolicy policy() {
    return policy;
  }

  WorkerMetrics metrics() {
    return metrics;
  }

  Gate gate() {
    return gate;
  }

  String digest() {
    return batcher.model().digest();
  }

  int readAheadItems() {
    return readAheadItems;
  }

  /** How many items a job's next window holds: at least a micro-batch of them. */
  int windowItems(double itemsPerSecond) {
    return Math.max(batcher.model().spec().batch().itemsMax(), policy.windowItems(itemsPerSecond));
  }
}
