package dev.holdfast.tuning;

import dev.holdfast.worker.InferenceEngine.InferenceException;
import dev.holdfast.worker.InferenceEngine.Lane;
import dev.holdfast.worker.InferenceEngine.LoadedModel;
import dev.holdfast.worker.InferenceEngine.OutOfMemoryException;
import dev.holdfast.worker.InferenceEngine.Prepared;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How fast a model infers the same items in batches of different limits: lanes at work as a
 * worker's are, a thread each, and nothing else: no queue, no record, no result. Every measurement
 * blocks; one thread asks, and any other may {@link #stop}.
 */
public final class Sweep implements AutoCloseable {

  /** A rate that is so much below the best is as good if its batch is smaller. */
  private static final double NEARLY = 0.97;

  /** The order of batches is the same in every measurement. */
  private static final long SEED = 1;

  /** Forward calls of a lane until TorchScript has settled. */
  private static final int SETTLING_CALLS = 3;

  /**
   * What a measurement has shown.
   *
   * @param itemsPerSecond items of the mean length; 0 if a batch does not fit into the device's
   *     memory
   */
  public record Point(int lanes, int itemsMax, int tokensMax, double itemsPerSecond) {}

  private static final Logger LOG = LoggerFactory.getLogger(Sweep.class);

  private final List<Prepared> items;
  private final double tokensAnItem;
  private final Duration length;
  private final List<ExecutorService> threads = new ArrayList<>();
  private final List<Lane> lanes = new ArrayList<>();
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile boolean stopped;

  /**
   * Opens all lanes of the model, each on its thread, and infers a little.
   *
   * @param items not empty
   * @param length of each measurement, after one batch a lane that does not count
   * @throws InferenceException if the model cannot infer these items at all
   */
  public Sweep(LoadedModel model, List<Prepared> items, Duration length)
      throws InferenceException, InterruptedException {
    this.items = List.copyOf(items);
    this.tokensAnItem = items.stream().mapToInt(Prepared::tokens).average().orElseThrow();
    this.length = length;
    try {
      for (int i = 0; i < model.lanes(); i++) {
        int index = i;
        ExecutorService thread = Executors.newSingleThreadExecutor();
        threads.add(thread);
        lanes.add(outcome(thread.submit(() -> model.openLane(index))));
      }
      List<Future<Void>> settled = new ArrayList<>();
      for (int i = 0; i < lanes.size(); i++) {
        Lane lane = lanes.get(i);
        settled.add(threads.get(i).submit(() -> settle(lane)));
      }
      for (Future<Void> each : settled) {
        outcome(each);
      }
    } catch (InferenceException | InterruptedException | RuntimeException e) {
      close();
      throw e;
    }
  }

  private @Nullable Void settle(Lane lane) throws InferenceException {
    for (int i = 0; i < SETTLING_CALLS; i++) {
      lane.infer(List.of(items.get(0)));
    }
    return null;
  }

  /**
   * Batches as the worker cuts them from a full pool: items of almost the same length, from the
   * longest down, up to both limits; an item that is longer than the limit is alone.
   */
  static List<List<Prepared>> batches(List<Prepared> items, int itemsMax, int tokensMax) {
    Map<Object, List<Prepared>> bySignature = new LinkedHashMap<>();
    for (Prepared item : items) {
      bySignature.computeIfAbsent(item.signature(), signature -> new ArrayList<>()).add(item);
    }
    List<List<Prepared>> batches = new ArrayList<>();
    for (List<Prepared> alike : bySignature.values()) {
      alike.sort(Comparator.comparingInt(Prepared::tokens).reversed());
      int from = 0;
      while (from < alike.size()) {
        int fit = Math.min(itemsMax, Math.max(1, tokensMax / alike.get(from).tokens()));
        int to = Math.min(alike.size(), from + fit);
        batches.add(List.copyOf(alike.subList(from, to)));
        from = to;
      }
    }
    return batches;
  }

  /** How many items the largest such batch has. */
  static int largest(List<Prepared> items, int itemsMax, int tokensMax) {
    return batches(items, itemsMax, tokensMax).stream().mapToInt(List::size).max().orElse(1);
  }

  /**
   * Measures one pair of limits on so many of the lanes.
   *
   * @throws InferenceException if a batch cannot be inferred for another reason than its size
   * @throws CancellationException if it was stopped meanwhile
   */
  public Point measure(int lanesUsed, int itemsMax, int tokensMax)
      throws InferenceException, InterruptedException {
    List<List<Prepared>> batches = batches(items, itemsMax, tokensMax);
    List<Prepared> largest = batches.get(0);
    Collections.shuffle(batches, new Random(SEED));
    AtomicInteger next = new AtomicInteger();
    List<Future<Double>> rates = new ArrayList<>();
    for (int i = 0; i < lanesUsed; i++) {
      Lane lane = lanes.get(i);
      rates.add(threads.get(i).submit(() -> itemsPerSecond(lane, largest, batches, next)));
    }
    double sum = 0;
    boolean fits = true;
    for (Future<Double> rate : rates) {
      try {
        sum += outcome(rate);
      } catch (OutOfMemoryException e) {
        fits = false;
      }
    }
    if (stopped) {
      throw new CancellationException("stopped");
    }
    return new Point(lanesUsed, itemsMax, tokensMax, fits ? sum : 0);
  }

  /**
   * Counts tokens, so that it does not matter much which of the items were in the few batches that
   * there was time for.
   */
  private double itemsPerSecond(
      Lane lane, List<Prepared> largest, List<List<Prepared>> batches, AtomicInteger next)
      throws InferenceException {
    lane.infer(largest);
    long done = 0;
    long from = System.nanoTime();
    long nanos = 0;
    while (nanos < length.toNanos() && !stopped) {
      List<Prepared> batch = batches.get(Math.floorMod(next.getAndIncrement(), batches.size()));
      lane.infer(batch);
      done += batch.stream().mapToLong(Prepared::tokens).sum();
      nanos = System.nanoTime() - from;
    }
    return done == 0 ? 0 : done / tokensAnItem * 1e9 / nanos;
  }

  private static <T> T outcome(Future<T> future) throws InferenceException, InterruptedException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof InferenceException inference) {
        throw inference;
      }
      throw new IllegalStateException("a lane ended with " + e.getCause(), e.getCause());
    }
  }

  /**
   * The first point that is nearly as fast as the fastest: small batches wait less and need less
   * memory.
   *
   * @param points not empty, from the smallest batch to the largest
   */
  static Point knee(List<Point> points) {
    double best = points.stream().mapToDouble(Point::itemsPerSecond).max().orElseThrow();
    return points.stream()
        .filter(point -> point.itemsPerSecond() >= NEARLY * best)
        .findFirst()
        .orElseThrow();
  }

  /** Whether neither of the last two points was clearly faster than all before them. */
  static boolean flat(List<Point> points) {
    int before = points.size() - 2;
    if (before < 1) {
      return false;
    }
    double best =
        points.subList(0, before).stream().mapToDouble(Point::itemsPerSecond).max().orElseThrow();
    return points.subList(before, points.size()).stream()
        .allMatch(point -> point.itemsPerSecond() * NEARLY <= best);
  }

  /** Ends the measurement after the batches that are being inferred. Any thread. */
  void cancel() {
    stopped = true;
  }

  /**
   * Ends the measurement after the batches that are being inferred, and waits until the lanes are
   * closed, but no longer than {@code patience}: for the end of the process.
   */
  public void stop(Duration patience) {
    cancel();
    try {
      if (!closed.await(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.warn("a batch takes longer than {}; the process ends without it", patience);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Closes the lanes, after the batches that they infer. */
  @Override
  public void close() {
    for (int i = 0; i < lanes.size(); i++) {
      threads.get(i).execute(lanes.get(i)::close);
    }
    threads.forEach(ExecutorService::shutdown);
    boolean interrupted = false;
    for (ExecutorService thread : threads) {
      while (!thread.isTerminated()) {
        try {
          thread.awaitTermination(1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    closed.countDown();
  }
}
