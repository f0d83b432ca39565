package dev.holdfast.worker;

import dev.holdfast.job.Clocked;
import dev.holdfast.worker.InferenceEngine.DeviceLostException;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A thread of a batcher: whether it comes round, and what fails with it. Thread-safe. */
final class BatcherThread {

  private final String name;
  private final Pulse pulse;
  private volatile @Nullable Consumer<DeviceLostException> inHand;

  BatcherThread(String name, Clocked clock) {
    this.name = name;
    this.pulse = new Pulse(name, Pulse.INFERENCE_STUCK_AFTER, clock);
  }

  /** Makes it; it has still to be started. */
  Thread over(Consumer<BatcherThread> work) {
    return new Thread(
        () -> {
          work.accept(this);
          pulse.ends();
        },
        name);
  }

  Pulse pulse() {
    return pulse;
  }

  void takes(List<Window> windows) {
    inHand = why -> windows.forEach(window -> window.fail(why));
  }

  void infers(List<BatchPool.Entry> batch) {
    inHand = why -> batch.forEach(entry -> entry.window.fail(why));
  }

  void handsOn() {
    inHand = null;
  }

  /**
   * Fails what it has in hand, since it will never be done: the jobs must know that it was theirs,
   * as their input may be the cause.
   */
  void lose(DeviceLostException why) {
    Consumer<DeviceLostException> lost = inHand;
    if (lost != null) {
      lost.accept(why);
    }
  }

  /** Fails what it has in hand, since the thread ends with a fault that is not a lane's. */
  void end(Throwable fault) {
    lose(new DeviceLostException("the thread %s ended with %s".formatted(name, fault), fault));
  }

  /** Why nothing more is to be expected of it, or null. */
  @Nullable String ailment() {
    return pulse.ailment();
  }
}
