package dev.holdfast.worker;

import dev.holdfast.job.JobError;
import dev.holdfast.job.JobException;
import dev.holdfast.job.ModelSpec.BatchLimits;
import dev.holdfast.worker.InferenceEngine.DeviceLostException;
import dev.holdfast.worker.InferenceEngine.InferenceException;
import dev.holdfast.worker.InferenceEngine.Lane;
import dev.holdfast.worker.InferenceEngine.OutOfMemoryException;
import dev.holdfast.worker.InferenceEngine.Prepared;
import dev.holdfast.worker.InferenceEngine.Row;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

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

  private final BatchLimits bounds;
  private final MemoryLimits limits;
  private final WorkerMetrics metrics;
  private final Settled settled;
  private final LongAdder items = new LongAdder();
  private final LongAdder nanos = new LongAdder();

  /** Lanes on one processor share its memory: what did not fit is tried again with it alone. */
  private final ReentrantReadWriteLock memory = new ReentrantReadWriteLock(true);

  BatchInference(BatchLimits bounds, MemoryLimits limits, WorkerMetrics metrics, Settled settled) {
    this.bounds = bounds;
    this.limits = limits;
    this.metrics = metrics;
    this.settled = settled;
  }

  /** What one lane infers, by what was inferred so far; 0 before the first batch. */
  double itemsPerSecond() {
    long inferring = nanos.sum();
    return inferring == 0 ? 0 : items.sum() * 1e9 / inferring;
  }

  /**
   * Infers a batch on the caller's thread, which is the lane's.
   *
   * @throws DeviceLostException if the lane is of no use any more; the batch's windows have failed
   */
  void infer(Lane lane, List<BatchPool.Entry> batch) throws DeviceLostException {
    try {
      rows(batch, call(lane, batch, memory.readLock()));
    } catch (DeviceLostException e) {
      throw lost(batch, e);
    } catch (OutOfMemoryException e) {
      metrics.memoryShort.increment();
      if (batch.size() > 1) {
        limits.tooLarge(batch.size(), longest(batch));
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

  private void halves(Lane lane, List<BatchPool.Entry> batch) throws DeviceLostException {
    metrics.batchesSplit.increment();
    infer(lane, batch.subList(0, batch.size() / 2));
    infer(lane, batch.subList(batch.size() / 2, batch.size()));
  }

  /**
   * An item that does not fit even alone is an error row, unless one like it did fit before: then
   * it is the device that has lost memory, and not the item that is too long.
   */
  private void inferAlone(Lane lane, List<BatchPool.Entry> one) throws DeviceLostException {
    try {
      rows(one, call(lane, one, memory.writeLock()));
    } catch (DeviceLostException e) {
      throw lost(one, e);
    } catch (OutOfMemoryException e) {
      int length = longest(one);
      if (limits.everFitted(length)) {
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

  private List<Row> call(Lane lane, List<BatchPool.Entry> batch, Lock share)
      throws InferenceException {
    List<Prepared> prepared = batch.stream().map(entry -> entry.prepared).toList();
    long from = System.nanoTime();
    share.lock();
    try {
      List<Row> rows = inferred(lane, prepared);
      long took = System.nanoTime() - from;
      items.add(batch.size());
      nanos.add(took);
      metrics.inference.record(took, TimeUnit.NANOSECONDS);
      return rows;
    } finally {
      share.unlock();
    }
  }

  private static List<Row> inferred(Lane lane, List<Prepared> batch) throws InferenceException {
    try {
      return lane.infer(batch);
    } catch (RuntimeException | Error e) {
      throw new DeviceLostException("inference ended with " + e, e);
    }
  }

  private void rows(List<BatchPool.Entry> batch, List<Row> rows) {
    int longest = longest(batch);
    limits.fitted(batch.size(), longest);
    metrics.batch(batch.size(), (long) longest * batch.size(), bounds);
    metrics.items.increment(batch.size());
    metrics.tokens.increment(batch.stream().mapToInt(entry -> entry.prepared.tokens()).sum());
    metrics.paddedTokens.increment((double) longest * batch.size());
    for (int i = 0; i < batch.size(); i++) {
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

  private static int longest(List<BatchPool.Entry> batch) {
    return batch.stream().mapToInt(entry -> entry.prepared.tokens()).max().orElse(0);
  }
}
