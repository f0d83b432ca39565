package dev.holdfast.shutdown;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A source that watches places: one loop for each, all on one context. */
final class Watched implements EvictionNotice {

  private static final Logger LOG = LoggerFactory.getLogger(Watched.class);

  private enum Stage {
    NEW,
    STARTED,
    CLOSED
  }

  private final Clockwork clockwork;
  private final Context context;
  private final List<Probe> probes;
  private final Supplier<Future<Void>> release;
  private final AtomicReference<Stage> stage = new AtomicReference<>(Stage.NEW);
  private final Promise<Void> ended = Promise.promise();
  private List<ProbeLoop> loops = List.of();

  /**
   * @param release lets go of what the probes share; called once, on the context
   */
  Watched(Clockwork clockwork, List<Probe> probes, Supplier<Future<Void>> release) {
    this.clockwork = clockwork;
    this.context = clockwork.vertx().getOrCreateContext();
    this.probes = List.copyOf(probes);
    this.release = release;
  }

  @Override
  public void start(Consumer<Notice> listener) {
    if (!stage.compareAndSet(Stage.NEW, Stage.STARTED)) {
      return;
    }
    Consumer<Notice> tell = notice -> tell(listener, notice);
    onContext(
        () -> {
          if (stage.get() == Stage.STARTED) {
            loops =
                probes.stream()
                    .map(probe -> new ProbeLoop(clockwork, context, probe, tell))
                    .toList();
            loops.forEach(ProbeLoop::look);
          }
        });
  }

  private void tell(Consumer<Notice> listener, Notice notice) {
    if (stage.get() == Stage.CLOSED) {
      return;
    }
    LOG.info(
        "Notice from {}: {}; {}.",
        notice.source(),
        notice.what(),
        notice.deadline().map(left -> left.toMillis() + " ms are left").orElse("no deadline"));
    try {
      listener.accept(notice);
    } catch (RuntimeException e) {
      LOG.error("The listener failed over a notice from {}.", notice.source(), e);
    }
  }

  @Override
  public Future<Void> close() {
    if (stage.getAndSet(Stage.CLOSED) != Stage.CLOSED) {
      onContext(
          () -> {
            loops.forEach(ProbeLoop::stop);
            release.get().onComplete(released -> ended.tryComplete());
          });
    }
    return ended.future();
  }

  /** A Vert.x that has been closed takes no task, and has ended whatever was to be ended. */
  private void onContext(Runnable task) {
    try {
      context.runOnContext(due -> task.run());
    } catch (RuntimeException e) {
      LOG.debug("Vert.x is closed.", e);
      ended.tryComplete();
    }
  }
}
