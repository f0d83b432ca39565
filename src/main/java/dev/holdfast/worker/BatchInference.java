package dev.holdfast.worker;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobException;
import dev.holdfast.job.ModelSpec.BatchLimits;
import dev.holdfast.worker.InferenceEngine.DeviceLostException;
import dev.holdfast.worker.InferenceEngine.InferenceException;
import dev.holdfast.worker.InferenceEngine.OutOfMemoryException;
import dev.holdfast.worker.InferenceEngine.Prepared;
import dev.holdfast.worker.InferenceEngine.Row;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Lock;

/**
 * Infers batches and settles their items, whatever happens: a batch that fails is halved until the
 * rows that cannot be inferred are alone, and one that is too large for the device's memory is
 * halved and remembered. Thread-safe; one call a lane at a time.
 */
final class BatchInference {

  /** Who renders what is settled. */
  interface Settled {

    /**
     * @param last whether it was the window's last line
     */
    void settled(Window window, boolean last);
  }

  /** How many batches the recent mean is over, more or less. */
  private static final int RECENT_BATCHES = 8;

  private final BatchLimits bounds;
  private final MemoryLimits limits;
  private final WorkerMetrics metrics;
  private final Clocked clock;
  private final Settled settled;
  private final LongAdder items = new LongAdder();
  private final LongAdder nanos = new LongAdder();
  private final AtomicLong recentNanos = new AtomicLong();

  BatchInference(
      BatchLimits bounds,
      MemoryLimits limits,
      WorkerMetrics metrics,
      Clocked clock,
      Settled settled) {
    this.bounds = bounds;
    this.limits = limits;
    this.metrics = metrics;
    this.clock = clock;
    this.settled = settled;
  }

  /** What one lane infers, by what was inferred so far; 0 before the first batch. */
  double itemsPerSecond() {
    long inferring = nanos.sum();
    return inferring == 0 ? 0 : items.sum() * 1e9 / inferring;
  }

  /** What a batch takes, by those of late; zero before the first. */
  Duration recentBatch() {
    return Duration.ofNanos(recentNanos.get());
  }

  /**
   * Infers a batch on the caller's thread, which is the lane's.
   *
   * @throws DeviceLostException if the lane is of no use any more; the batch's windows have failed
   */
  void infer(WatchedLane lane, List<BatchPool.Entry> batch) throws DeviceLostException {
    try {
      rows(batch, call(lane, batch, lane.memory().readLock()));
    } catch (DeviceLostException e) {
      throw lost(batch, e);
    } catch (OutOfMemoryException e) {
      metrics.memoryShort.increment();
      if (batch.size() > 1) {
        limits.tooLarge(signature(batch), batch.size(), longest(batch));
        halves(lane, batch);
      } else {
        inferAlone(lane, batch);
      }
    } catch (InferenceException e) {
      if (batch.size() > 1) {
        halves(lane, batch);
      } else {
        failed(batch.get(0), e.getMessage() == null ? "inference failed" : e.getMessage());
      }
    }
  }

  private void halves(WatchedLane lane, List<BatchPool.Entry> batch) throws DeviceLostException {
    metrics.batchesSplit.increment();
    infer(lane, batch.subList(0, batch.size() / 2));
    infer(lane, batch.subList(batch.size() / 2, batch.size()));
  }

  /**
   * What did not fit is tried again with the device's memory alone, which is shared by all lanes of
   * all models there. An item that does not fit even then is an error row, unless one like it did
   * fit before: then it is the device that has lost memory, and not the item that is too long.
   */
  private void inferAlone(WatchedLane lane, List<BatchPool.Entry> one) throws DeviceLostException {
    try {
      rows(one, call(lane, one, lane.memory().writeLock()));
    } catch (DeviceLostException e) {
      throw lost(one, e);
    } catch (OutOfMemoryException e) {
      int length = longest(one);
      if (limits.everFitted(signature(one), length)) {
        throw lost(
            one,
            new DeviceLostException(
                "an item of length %d does not fit into the device's memory, and such a one did before: %s"
                    .formatted(length, e.getMessage()),
                e));
      }
      failed(
          one.get(0),
          "an item of length %d does not fit into the device's memory: %s"
              .formatted(length, e.getMessage()));
    } catch (InferenceException e) {
      failed(one.get(0), e.getMessage() == null ? "inference failed" : e.getMessage());
    }
  }

  private List<Row> call(WatchedLane lane, List<BatchPool.Entry> batch, Lock share)
      throws InferenceException {
    List<Prepared> prepared = batch.stream().map(entry -> entry.prepared).toList();
    long from = clock.nanos();
    share.lock();
    try {
      List<Row> rows = inferred(lane, prepared);
      long took = clock.nanos() - from;
      recentNanos.accumulateAndGet(
          took, (mean, newest) -> mean == 0 ? newest : mean + (newest - mean) / RECENT_BATCHES);
      items.add(batch.size());
      nanos.add(took);
      metrics.inference.record(took, TimeUnit.NANOSECONDS);
      return rows;
    } finally {
      share.unlock();
    }
  }

  private static List<Row> inferred(WatchedLane lane, List<Prepared> batch)
      throws InferenceException {
    List<Row> rows;
    try {
      rows = lane.infer(batch);
    } catch (RuntimeException | Error e) {
      throw new DeviceLostException("inference ended with " + e, e);
    }
    if (rows.size() != batch.size()) {
      throw new DeviceLostException(
          "inference gave %d rows for %d items".formatted(rows.size(), batch.size()), null);
    }
    return rows;
  }

  private void rows(List<BatchPool.Entry> batch, List<Row> rows) {
    int longest = longest(batch);
    limits.fitted(signature(batch), batch.size(), longest);
    metrics.batch(batch.size(), (long) longest * batch.size(), bounds);
    metrics.items.increment(batch.size());
    metrics.tokens.increment(batch.stream().mapToInt(entry -> entry.prepared.tokens()).sum());
    metrics.paddedTokens.increment((double) longest * batch.size());
    for (int i = 0; i < batch.size(); i++) {
      if (batch.get(i).window.cancelled()) {
        metrics.itemsDropped.increment();
      }
      settle(batch.get(i), rows.get(i));
    }
  }

  private void failed(BatchPool.Entry entry, String why) {
    JobException error = JobError.INFERENCE_FAILED.because(why);
    settle(entry, error);
  }

  private void settle(BatchPool.Entry entry, Object rowOrError) {
    settled.settled(entry.window, entry.window.settle(entry.line, rowOrError));
  }

  /** The jobs of the batch must know that it was theirs: its input may be the cause. */
  private static DeviceLostException lost(List<BatchPool.Entry> batch, DeviceLostException e) {
    batch.forEach(entry -> entry.window.fail(e));
    return e;
  }

  private static Object signature(List<BatchPool.Entry> batch) {
    return batch.get(0).prepared.signature();
  }

  private static int longest(List<BatchPool.Entry> batch) {
    return batch.stream().mapToInt(entry -> entry.prepared.tokens()).max().orElse(0);
  }
}
