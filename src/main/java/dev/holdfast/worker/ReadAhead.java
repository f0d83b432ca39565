package dev.holdfast.worker;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.RowEncoding;
import dev.holdfast.worker.InferenceEngine.DeviceLostException;
import io.vertx.core.Future;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a job's items flowing: reads lines ahead, sends windows of them through the batcher, and
 * hands the finished ones on in the order of the input. Not thread-safe; lives on the loop.
 */
final class ReadAhead {

  /** Who hears of the windows; called on the loop. */
  interface Listener {

    /** Whether there is room for more, beyond what is on its way. */
    boolean hasRoom();

    /**
     * The next window is done.
     *
     * @param nanos since the one before it
     */
    void rows(Window.Rendered window, long nanos);

    /** Something arrived or came to its end; {@link ReadAhead#exhausted} tells which. */
    void settled();

    void failed(Throwable reason);
  }

  private static final int WINDOW_ITEMS_MAX = 256;
  private static final int WINDOW_BYTES_MAX = 1024 * 1024;

  private record InFlight(Window window, Future<Window.Rendered> rows) {}

  private final Serving serving;
  private final RowEncoding encoding;
  private final Loop loop;
  private final Consumer<Window> begins;
  private final Listener listener;
  private final Clocked clock;
  private Probation under;
  private final ArrayDeque<InFlight> inFlight = new ArrayDeque<>();
  private final long startedNanos;
  private @Nullable InputLines input;
  private long lastWindowNanos;
  private long itemsDone;
  private int itemsInFlight;
  private int itemsInWindows;
  private boolean reading;
  private boolean urgent;
  private boolean ended;
  private boolean finishing;
  private boolean dropped;
  private boolean resting;
  private boolean begun;
  private boolean stopped;

  /**
   * @param begins hears of each window before it is handed over; on the loop
   */
  ReadAhead(
      Serving serving,
      RowEncoding encoding,
      Loop loop,
      Clocked clock,
      Consumer<Window> begins,
      Listener listener) {
    this.begins = begins;
    this.serving = serving;
    this.encoding = encoding;
    this.loop = loop;
    this.clock = clock;
    this.under = Probation.none(clock);
    this.listener = listener;
    this.startedNanos = clock.nanos();
    this.lastWindowNanos = startedNanos;
  }

  /**
   * @param probation that the job is under
   */
  void start(InputLines lines, Probation probation) {
    input = lines;
    under = probation;
    pump();
  }

  /** Reads on if there is room. */
  void pump() {
    InputLines lines = input;
    if (stopped
        || finishing
        || (resting && begun)
        || reading
        || ended
        || lines == null
        || !listener.hasRoom()) {
      return;
    }
    int usual = Math.min(WINDOW_ITEMS_MAX, serving.windowItems(itemsPerSecond()));
    int step = under.step(serving.probeItems());
    if (step < usual ? !inFlight.isEmpty() : isFull(usual)) {
      return;
    }
    int window = Math.min(step, usual);
    urgent = step < usual;
    reading = true;
    begun = true;
    loop.here(lines.next(window, WINDOW_BYTES_MAX))
        .onFailure(
            reason -> {
              // a late failure must not end as one an attempt that is being handed over
              if (!stopped) {
                listener.failed(reason);
              }
            })
        .onSuccess(
            read -> {
              ended = read.isEmpty() || lines.atEnd();
              if (read.isEmpty() || finishing) {
                dropped |= !read.isEmpty();
                reading = false;
                listener.settled();
              } else {
                enter(read);
              }
            });
  }

  private boolean isFull(int window) {
    int room = serving.jobReadAheadItems();
    return itemsInFlight > 0
        && (itemsInFlight + window > room || itemsInWindows + window > 2 * room);
  }

  private void enter(List<Line> read) {
    long bytes = 0;
    for (Line line : read) {
      String text = line.text();
      bytes += text == null ? 0 : text.length();
    }
    long held = bytes;
    loop.here(serving.gate().enter(read.size(), held))
        .onSuccess(
            admitted -> {
              reading = false;
              if (stopped || finishing) {
                dropped = true;
                serving.gate().leave(read.size(), held);
                listener.settled();
              } else {
                infer(read, held);
                pump();
              }
            });
  }

  private void infer(List<Line> read, long bytes) {
    AtomicInteger left = new AtomicInteger(read.size());
    Window window =
        new Window(
            read,
            encoding,
            settled ->
                loop.execute(
                    () -> {
                      // a window that was cancelled has left as a whole, and its batch may still
                      // run
                      int leaving = Math.min(settled, left.get());
                      left.addAndGet(-leaving);
                      leave(leaving, 0);
                      pump();
                    }));
    itemsInFlight += read.size();
    itemsInWindows += read.size();
    // listened to before it is handed over: whoever fails it may bid the worker leave right after
    Future<Window.Rendered> rows = loop.here(window.future());
    inFlight.add(new InFlight(window, rows));
    rows.onComplete(
        done -> {
          leave(left.getAndSet(0), bytes);
          if (done.cause() instanceof DeviceLostException lost && !stopped) {
            // the windows before it may never be done
            listener.failed(lost);
          } else {
            gather();
          }
        });
    if (urgent) {
      window.hurry();
    }
    begins.accept(window);
    serving.batcher().infer(window);
  }

  /** What is inferred makes room at once, though its window may wait for its other items. */
  private void leave(int items, long bytes) {
    serving.gate().leave(items, bytes);
    itemsInFlight -= items;
  }

  private void gather() {
    while (!inFlight.isEmpty() && inFlight.peek().rows().isComplete()) {
      Future<Window.Rendered> rows = inFlight.remove().rows();
      if (rows.failed()) {
        listener.failed(rows.cause());
        return;
      }
      long now = clock.nanos();
      long nanos = now - lastWindowNanos;
      lastWindowNanos = now;
      itemsDone += rows.result().items();
      itemsInWindows -= rows.result().items();
      listener.rows(rows.result(), nanos);
    }
    if (!stopped) {
      listener.settled();
      pump();
    }
  }

  /** Whether every item of the input has been handed on. */
  boolean exhausted() {
    return ended && !dropped && !reading && inFlight.isEmpty();
  }

  /** Reads no more; windows may still come. */
  void finish() {
    finishing = true;
  }

  /** Reads no more for now, but for a first window: a job that is claimed should get somewhere. */
  void rest() {
    resting = true;
  }

  void goOn() {
    resting = false;
    pump();
  }

  boolean begun() {
    return begun;
  }

  /** Whether nothing is on its way. */
  boolean idle() {
    return !reading && inFlight.isEmpty();
  }

  /**
   * Cancels what is on its way.
   *
   * @return its windows, in the order of the input
   */
  List<Window> stop() {
    stopped = true;
    List<Window> windows = inFlight.stream().map(InFlight::window).toList();
    inFlight.clear();
    windows.forEach(Window::cancel);
    return windows;
  }

  private double itemsPerSecond() {
    return itemsDone * 1e9 / Math.max(1, clock.nanos() - startedNanos);
  }
}
