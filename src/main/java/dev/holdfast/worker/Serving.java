package dev.holdfast.worker;

import dev.holdfast.job.Clocked;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** One loaded model and what its jobs share: the batcher, the gate before it, the policy. */
final class Serving {

  /** How many micro-batches' worth of items are on their way, so that lengths can be matched. */
  private static final int READ_AHEAD_BATCHES_MIN = 4;

  private static final int JOB_READ_AHEAD_BATCHES_MIN = 2;

  private static final int READ_AHEAD_BATCHES_MAX = 16;

  /** Jobs whose first steps should fit in one batch: a dead worker leaves some at once. */
  private static final int PROBES_A_BATCH = 4;

  /** What is on its way should be inferred within so long: it delays a newcomer and a cancel. */
  private static final double READ_AHEAD_SECONDS = 3;

  /**
   * What a window should take at most, at the job's own pace: the smaller the steps in which lines
   * are read, the fuller the read-ahead, and the better lengths match.
   */
  private static final double WINDOW_SECONDS = 0.2;

  private static final long GATE_BYTES_MAX = 64L * 1024 * 1024;

  private final Batcher batcher;
  private final CheckpointPolicy policy;
  private final Interruptions interruptions;
  private final WorkerMetrics metrics;
  private final @Nullable PartScratch scratch;
  private final Gate gate;

  /**
   * @param scratch where parts wait for the object store, or null to keep them in memory
   */
  Serving(
      Batcher batcher,
      CheckpointPolicy policy,
      WorkerMetrics metrics,
      Clocked clock,
      @Nullable PartScratch scratch) {
    this.scratch = scratch;
    this.batcher = batcher;
    this.policy = policy;
    this.interruptions = new Interruptions(policy, clock);
    this.metrics = metrics;
    this.gate = new Gate(batchItems() * READ_AHEAD_BATCHES_MAX, GATE_BYTES_MAX);
  }

  /** The digest of each model by its name. */
  static Map<String, String> digests(Map<String, Serving> models) {
    return models.entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, model -> model.getValue().digest()));
  }

  /** What the micro-batches take that may be running, by those of late; the longest. */
  static Duration recentBatch(Collection<Serving> models) {
    return models.stream()
        .filter(serving -> serving.gate.items() > 0)
        .map(serving -> serving.batcher.recentBatch())
        .max(Comparator.naturalOrder())
        .orElse(Duration.ZERO);
  }

  private int batchItems() {
    return batcher.model().spec().batch().itemsMax();
  }

  Batcher batcher() {
    return batcher;
  }

  CheckpointPolicy policy() {
    return policy;
  }

  Interruptions interruptions() {
    return interruptions;
  }

  WorkerMetrics metrics() {
    return metrics;
  }

  @Nullable PartScratch scratch() {
    return scratch;
  }

  Gate gate() {
    return gate;
  }

  String digest() {
    return batcher.model().digest();
  }

  /** How many items should be on their way, for all jobs together. */
  int readAheadItems() {
    double wanted = batcher.itemsPerSecond() * READ_AHEAD_SECONDS;
    return (int)
        Math.max(
            (double) batchItems() * READ_AHEAD_BATCHES_MIN,
            Math.min((double) batchItems() * READ_AHEAD_BATCHES_MAX, wanted));
  }

  /**
   * How many deliveries to take. While the models want items, as many as there are slots: the more
   * small jobs meet, the better their lengths match. Once jobs fill the read-ahead, only so many
   * that a newcomer need not wait for a large job's end.
   *
   * @param inFlight how many are held
   */
  static int room(Collection<Serving> models, int inFlight, int slots) {
    int wanted = 0;
    int onTheirWay = 0;
    for (Serving serving : models) {
      wanted += serving.readAheadItems();
      onTheirWay += serving.gate().items();
    }
    int limit = Math.max(inFlight, onTheirWay) < wanted ? wanted : WorkerOptions.SLOTS_ALWAYS;
    return Math.min(limit, slots) - inFlight;
  }

  /** How many items of one job may be on their way, and as many again that wait to be gathered. */
  int jobReadAheadItems() {
    int wanted = policy.readAheadItems(batcher.itemsPerSecond());
    return Math.max(batchItems() * JOB_READ_AHEAD_BATCHES_MIN, Math.min(wanted, readAheadItems()));
  }

  /** How many items the first window of a job holds that is under probation. */
  int probeItems() {
    return Math.max(1, batchItems() / PROBES_A_BATCH);
  }

  /** How many items a job's next window holds: at least a micro-batch of them. */
  int windowItems(double itemsPerSecond) {
    double wanted = Math.min(policy.windowItems(itemsPerSecond), itemsPerSecond * WINDOW_SECONDS);
    return (int) Math.max(batchItems(), wanted);
  }
}
