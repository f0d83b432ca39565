package dev.holdfast.worker;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.Item;
import dev.holdfast.job.JobError;
import dev.holdfast.worker.InferenceEngine.DeviceLostException;
import dev.holdfast.worker.InferenceEngine.LoadedModel;
import dev.holdfast.worker.InferenceEngine.Preparation;
import dev.holdfast.worker.InferenceEngine.Prepared;
import dev.holdfast.worker.InferenceEngine.Rejected;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Feeds one model: windows of all jobs come in, their items are read and prepared on one thread,
 * inferred on one thread a lane, and their rows rendered on another, so that inference waits for
 * none of it. Admission is the caller's: what is in here is bounded by {@link Gate}.
 */
final class MicroBatcher implements Batcher {

  /** Items that are prepared in one call at most. */
  private static final int PREPARE_ITEMS_MAX = 1_024;

  private final LoadedModel model;
  private final WorkerMetrics metrics;
  private final Consumer<Throwable> fatal;
  private final BatchPool pool;
  private final LinkedBlockingQueue<Window> arrived = new LinkedBlockingQueue<>();
  private final ExecutorService renderer;
  private final List<Thread> threads = new ArrayList<>();
  private final List<BatcherThread> watched = new ArrayList<>();
  private final DeviceMemory memory;
  private final BatchInference inference;
  private volatile boolean closed;

  /**
   * @param memory of the process's devices
   * @param fatal hears of a failure that no further call can survive; on the failing thread
   */
  MicroBatcher(
      LoadedModel model,
      WorkerMetrics metrics,
      Clocked clock,
      DeviceMemory memory,
      Consumer<Throwable> fatal) {
    this.model = model;
    this.memory = memory;
    this.metrics = metrics;
    this.fatal = fatal;
    MemoryLimits limits = new MemoryLimits(model.spec().batch().tokensMax());
    this.pool = new BatchPool(model.spec().batch(), limits);
    this.inference =
        new BatchInference(model.spec().batch(), limits, metrics, clock, this::settled);
    String name = "holdfast-" + model.spec().name();
    renderer =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread thread = new Thread(task, name + "-render");
              thread.setDaemon(true);
              return thread;
            });
    watched(name + "-prepare", clock, this::prepareLoop);
    for (int i = 0; i < model.lanes(); i++) {
      int lane = i;
      watched(name + "-lane-" + i, clock, self -> laneLoop(lane, self));
    }
    for (Thread thread : threads) {
      thread.setDaemon(true);
      thread.start();
    }
  }

  private void watched(String name, Clocked clock, Consumer<BatcherThread> loop) {
    BatcherThread thread = new BatcherThread(name, clock);
    watched.add(thread);
    threads.add(thread.over(loop));
  }

  @Override
  public LoadedModel model() {
    return model;
  }

  @Override
  public @Nullable String ailment() {
    return closed
        ? null
        : watched.stream()
            .map(BatcherThread::ailment)
            .filter(Objects::nonNull)
            .findFirst()
            .orElse(null);
  }

  @Override
  public void lose(DeviceLostException why) {
    watched.stream().filter(thread -> thread.ailment() != null).forEach(thread -> thread.lose(why));
  }

  @Override
  public <T> Future<T> render(Callable<T> task) {
    return Future.future(
        done ->
            renderer.execute(
                () -> {
                  try {
                    done.complete(task.call());
                  } catch (Exception | Error e) {
                    done.fail(e);
                  }
                }));
  }

  @Override
  public Future<Void> leave() {
    return pool.leave().compose(idle -> render(() -> null));
  }

  @Override
  public Duration recentBatch() {
    return inference.recentBatch();
  }

  @Override
  public double itemsPerSecond() {
    return inference.itemsPerSecond() * model.lanes();
  }

  @Override
  public Future<Window.Rendered> infer(Window window) {
    arrived.add(window);
    if (closed) {
      window.fail(new CancellationException("the worker is closing"));
    }
    return window.future();
  }

  private void prepareLoop(BatcherThread self) {
    try {
      while (!closed) {
        List<Window> windows = new ArrayList<>();
        windows.add(arrived.take());
        int items = windows.get(0).items();
        for (Window next = arrived.peek();
            next != null && items + next.items() <= PREPARE_ITEMS_MAX;
            next = arrived.peek()) {
          windows.add(arrived.remove());
          items += next.items();
        }
        self.takes(windows);
        self.pulse().begins();
        metrics.prepare.record(() -> prepare(windows));
        self.pulse().rests();
        self.handsOn();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | Error e) {
      self.end(e);
      fatal.accept(e);
    }
  }

  private void prepare(List<Window> windows) {
    record Place(Window window, int line) {}
    List<Item> items = new ArrayList<>();
    List<Place> places = new ArrayList<>();
    for (Window window : windows) {
      if (window.cancelled()) {
        continue;
      }
      for (int i = 0; i < window.items(); i++) {
        Item item = window.parse(i, model.spec().kind());
        if (item == null) {
          settled(window, window.settle(i, null));
        } else {
          items.add(item);
          places.add(new Place(window, i));
        }
      }
    }
    if (items.isEmpty()) {
      return;
    }
    List<Preparation> prepared = prepareItems(items);
    List<BatchPool.Arrival> arrivals = new ArrayList<>(items.size());
    for (int i = 0; i < prepared.size(); i++) {
      Place place = places.get(i);
      Preparation outcome = prepared.get(i);
      if (outcome instanceof Rejected rejected) {
        settled(place.window, place.window.settle(place.line, rejected.reason()));
      } else {
        arrivals.add(new BatchPool.Arrival(place.window, place.line, (Prepared) outcome));
      }
    }
    pool.add(arrivals);
  }

  /** An item that breaks the preparation of all is found and rejected alone. */
  private List<Preparation> prepareItems(List<Item> items) {
    try {
      return model.prepare(items);
    } catch (RuntimeException e) {
      if (items.size() == 1) {
        return List.of(
            new Rejected(
                JobError.INFERENCE_FAILED.because(
                    "the item cannot be prepared: " + e.getMessage())));
      }
      List<Preparation> prepared = new ArrayList<>(items.size());
      for (Item item : items) {
        prepared.addAll(prepareItems(List.of(item)));
      }
      return prepared;
    }
  }

  private void laneLoop(int index, BatcherThread self) {
    Pulse pulse = self.pulse();
    ReadWriteLock shared = memory.of(model.device(index));
    pulse.begins();
    try (WatchedLane lane = new WatchedLane(model.openLane(index), pulse, shared)) {
      pulse.rests();
      while (true) {
        long idleFrom = System.nanoTime();
        List<BatchPool.Entry> batch = pool.take();
        if (batch == null) {
          return;
        }
        metrics.laneIdle.record(System.nanoTime() - idleFrom, TimeUnit.NANOSECONDS);
        metrics.poolItems.record(pool.size());
        self.infers(batch);
        inference.infer(lane, batch);
        pool.ended();
        self.handsOn();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (DeviceLostException e) {
      fatal.accept(e);
    } catch (RuntimeException | Error e) {
      self.end(e);
      fatal.accept(e);
    }
  }

  private void settled(Window window, boolean last) {
    if (last) {
      renderer.execute(
          () -> {
            try {
              window.render();
            } catch (RuntimeException | Error e) {
              window.fail(e);
            }
          });
    }
  }

  @Override
  public void close() {
    pool.close();
    closed = true;
    CancellationException why = new CancellationException("the worker is closing");
    threads.get(0).interrupt();
    for (Thread thread : threads) {
      joinQuietly(thread);
    }
    for (Window window = arrived.poll(); window != null; window = arrived.poll()) {
      window.fail(why);
    }
    pool.close().forEach(entry -> entry.window.fail(why));
    renderer.shutdown();
    model.close();
  }

  private static void joinQuietly(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
