package dev.holdfast.worker;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.Job;
import dev.holdfast.job.ObjectStore;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the {@link LooseRows} that an earlier attempt left, and leaves those of this one. Nothing
 * depends on them: what cannot be read or written is inferred again. Not thread-safe; lives on the
 * loop.
 */
final class Leftovers {

  private static final Logger LOG = LoggerFactory.getLogger(Leftovers.class);

  /**
   * How long a hand-over may wait for the rows alone. They took some seconds to infer at most,
   * while a worker's whole time to leave may be lost on a store that does not answer, and with it
   * the record that lets another worker go on at once.
   */
  static final Duration SAVE_MAX = Duration.ofSeconds(2);

  private final ObjectStore objects;
  private final Serving serving;
  private final AttemptRecord record;
  private final Loop loop;
  private final Clocked clock;
  private LooseRows rows = new LooseRows();
  private boolean leaving;
  private int saved;

  Leftovers(WorkerServices services, Serving serving, AttemptRecord record, Loop loop) {
    this.objects = services.objects();
    this.clock = services.clock();
    this.serving = serving;
    this.record = record;
    this.loop = loop;
  }

  /** Reads what the newest attempt left that left something; never fails. */
  Future<Void> load() {
    Job job = record.latest();
    List<Job.Attempt> attempts = job.attempts();
    for (int i = attempts.size() - 1; i >= 0; i--) {
      if (attempts.get(i).looseRows() > 0) {
        return load(job, attempts.get(i).fence());
      }
    }
    return Future.succeededFuture();
  }

  private Future<Void> load(Job job, long fence) {
    return loop.here(
            objects
                .read(job.looseKey(fence), 0, LooseRows.BYTES_MAX)
                .map(read -> LooseRows.read(read, serving.digest(), job.checkpoint().nextItem())))
        .onSuccess(this::taken)
        .onFailure(
            why ->
                LOG.warn(
                    "rows that an earlier attempt left for job {} cannot be read and are inferred again: {}",
                    job.id(),
                    why.toString()))
        .<Void>mapEmpty()
        .otherwiseEmpty();
  }

  private void taken(LooseRows read) {
    if (!leaving) {
      rows = read;
      serving.metrics().itemsReused.increment(read.size());
    }
  }

  /** Settles the lines of a new window that have a row. */
  void give(Window window) {
    window.give(rows);
  }

  /**
   * Leaves what was inferred of windows that will not be complete here, and what was left to this
   * attempt for items that it did not come to.
   *
   * @param windows cancelled
   * @return when they are durable, cannot be, or have taken {@link #SAVE_MAX}; never fails
   */
  Future<Void> save(List<Window> windows) {
    leaving = true;
    if (rows.size() == 0 && windows.isEmpty()) {
      return Future.succeededFuture();
    }
    Promise<Void> over = Promise.promise();
    Clocked.Timer timer = clock.after(SAVE_MAX, () -> loop.execute(over::tryComplete));
    loop.here(serving.batcher().render(() -> content(windows)))
        .compose(
            content ->
                rows.size() == 0
                    ? Future.succeededFuture(false)
                    : loop.here(objects.create(key(), content, Map.of())))
        // an object under this fence is this attempt's, though its creation seemed to fail
        .onSuccess(created -> saved = rows.size())
        .onFailure(why -> drop(windows))
        .onComplete(
            done -> {
              timer.cancel();
              over.tryComplete();
            });
    return over.future();
  }

  private Buffer content(List<Window> windows) {
    windows.forEach(window -> window.loose(rows));
    return rows.content(serving.digest());
  }

  private String key() {
    return record.latest().looseKey(record.latest().fence());
  }

  /** Nobody will have what was inferred of these. */
  Future<Void> drop(List<Window> windows) {
    serving.metrics().itemsDropped.increment(windows.stream().mapToInt(Window::settled).sum());
    return Future.succeededFuture();
  }

  /** How many rows are left to the next attempt, and durable. */
  int saved() {
    return saved;
  }
}
