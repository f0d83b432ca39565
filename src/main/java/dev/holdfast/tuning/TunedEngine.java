package dev.holdfast.tuning;

import dev.holdfast.job.Item;
import dev.holdfast.job.ModelSpec;
import dev.holdfast.job.ModelSpec.BatchLimits;
import dev.holdfast.job.ModelSpec.Choice;
import dev.holdfast.tuning.LimitSearch.Found;
import dev.holdfast.tuning.LimitSearch.Question;
import dev.holdfast.tuning.Sweep.Point;
import dev.holdfast.tuning.Tuned.Settings;
import dev.holdfast.tuning.TuningCache.Turn;
import dev.holdfast.worker.InferenceEngine;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads models by another engine and chooses what their declarations leave open, by measuring or
 * from an earlier time. A model that cannot be measured runs by the standards; only a lost device
 * fails the load. Thread-safe.
 */
public final class TunedEngine implements InferenceEngine {

  private static final Logger LOG = LoggerFactory.getLogger(TunedEngine.class);

  /** Texts that are measured with, again and again. */
  private static final int TEXTS = 2_048;

  private static final double MILLIS_A_SECOND = 1e3;
  private static final double NANOS_A_SECOND = 1e9;

  /**
   * The wait of a lone item for company, as a share of the time that it takes alone. It costs the
   * lone one that much at most; and who comes after more than that time can go on another lane, or
   * shares the next batch.
   */
  private static final double DELAY_SHARE = 0.5;

  private static final long DELAY_MILLIS_MIN = 1;
  private static final long DELAY_MILLIS_MAX = 10;

  private final InferenceEngine engine;
  private final Duration time;
  private final TuningCache cache;
  private final LongFunction<String> texts;
  private final CountDownLatch stop = new CountDownLatch(1);
  private volatile @Nullable Sweep sweep;

  /**
   * @param time to measure a model for; zero for not at all
   * @param texts like those that the models will see, by their number
   */
  public TunedEngine(
      InferenceEngine engine, Duration time, TuningCache cache, LongFunction<String> texts) {
    this.engine = engine;
    this.time = time;
    this.cache = cache;
    this.texts = texts;
  }

  @Override
  public LoadedModel load(ModelSpec spec) throws ModelLoadException {
    return load(spec, what -> {});
  }

  @Override
  public LoadedModel load(ModelSpec spec, Consumer<String> tells) throws ModelLoadException {
    if (stop.getCount() == 0) {
      throw new CancellationException("stopped");
    }
    LoadedModel model = engine.load(spec, tells);
    boolean done = false;
    try {
      LoadedModel tuned = tuned(model, tells);
      done = true;
      return tuned;
    } catch (DeviceLostException e) {
      throw new ModelLoadException(
          "the device was lost while model %s was measured: %s"
              .formatted(spec.name(), e.getMessage()),
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("interrupted while a model was measured");
    } finally {
      if (!done) {
        model.close();
      }
    }
  }

  @Override
  public void stop() {
    stop.countDown();
    Sweep current = sweep;
    if (current != null) {
      current.cancel();
    }
    engine.stop();
  }

  private LoadedModel tuned(LoadedModel model, Consumer<String> tells)
      throws DeviceLostException, InterruptedException {
    ModelSpec spec = model.spec();
    Settings standard = new Settings(model.lanes(), spec.batch());
    if (spec.open().isEmpty()) {
      return chosen(model, standard, "as configured");
    }
    if (time.isZero()) {
      return chosen(model, standard, "by the standards, not measured");
    }
    TuningKey key = TuningKey.of(model);
    Optional<Settings> known = cache.read(key);
    if (known.isPresent()) {
      return chosen(model, known.get(), "as measured before");
    }
    String waits = "model %s waits until another worker has measured".formatted(spec.name());
    try (Turn turn = cache.turn(time, stop, () -> tells.accept(waits))) {
      known = turn.waited() ? cache.read(key) : Optional.empty();
      if (known.isPresent()) {
        return chosen(model, known.get(), "as another worker has measured");
      }
      if (!turn.begins(key)) {
        return chosen(model, standard, "by the standards, as a worker died while it measured");
      }
      tells.accept("model %s is being measured".formatted(spec.name()));
      long from = System.nanoTime();
      Settings measured = measured(model);
      if (turn.keeps()) {
        cache.write(key, measured);
      }
      double seconds = (System.nanoTime() - from) / NANOS_A_SECOND;
      return chosen(model, measured, String.format(Locale.ROOT, "measured in %.1f s", seconds));
    } catch (DeviceLostException e) {
      throw e;
    } catch (InferenceException e) {
      LOG.warn("model {} could not be measured: {}", spec.name(), e.getMessage());
      return chosen(model, standard, "by the standards");
    }
  }

  private static LoadedModel chosen(LoadedModel model, Settings settings, String how) {
    BatchLimits limits = settings.limits();
    LOG.info(
        "model {}: {} lanes, batches of up to {} items and {} tokens, delay {} ms, {}",
        model.spec().name(),
        settings.lanes(),
        limits.itemsMax(),
        limits.tokensMax(),
        limits.delayMax().toMillis(),
        how);
    return Tuned.of(model, settings);
  }

  private Settings measured(LoadedModel model) throws InferenceException, InterruptedException {
    List<Prepared> items =
        model
            .prepare(
                LongStream.range(0, TEXTS)
                    .<Item>mapToObj(i -> new Item.Text(null, texts.apply(i)))
                    .toList())
            .stream()
            .filter(Prepared.class::isInstance)
            .map(Prepared.class::cast)
            .toList();
    if (items.isEmpty()) {
      throw new InferenceException("it takes none of the texts that are measured with", null);
    }
    long begun = System.nanoTime();
    try (Sweep opened = new Sweep(model, items, time.dividedBy(LimitSearch.POINTS_USUAL))) {
      sweep = opened;
      if (stop.getCount() == 0) {
        throw new CancellationException("stopped");
      }
      LimitSearch search =
          new LimitSearch(
              opened::measure,
              () -> (double) (System.nanoTime() - begun) / time.toNanos(),
              point -> LOG.debug("model {}: {}", model.spec().name(), point));
      return choose(model, items, search, opened);
    } finally {
      sweep = null;
    }
  }

  private static Settings choose(
      LoadedModel model, List<Prepared> items, LimitSearch search, Sweep sweep)
      throws InferenceException, InterruptedException {
    BatchLimits standard = model.spec().batch();
    Set<Choice> open = model.spec().open();
    int lanes = model.lanes();
    int usual = (int) items.stream().mapToInt(Prepared::tokens).average().orElse(1);
    Found found =
        search.find(
            new Question(lanes, model.hardware().devices(), Math.max(1, usual), standard, open));
    Point best = found.suggested();
    if (best.itemsPerSecond() == 0) {
      throw new InferenceException("not even its smallest batch fits into memory", null);
    }
    int itemsMax = best.itemsMax();
    if (found.changes() && open.contains(Choice.ITEMS)) {
      itemsMax = Math.min(itemsMax, Sweep.largest(items, itemsMax, best.tokensMax()));
    }
    Duration delay = standard.delayMax();
    if (open.contains(Choice.DELAY)) {
      delay = delay(alone(found.points(), lanes, best, sweep));
    }
    return new Settings(found.lanes(), new BatchLimits(itemsMax, best.tokensMax(), delay));
  }

  private static Point alone(List<Point> points, int lanes, Point best, Sweep sweep)
      throws InferenceException, InterruptedException {
    Optional<Point> known =
        points.stream()
            .filter(p -> p.itemsMax() == 1 && p.lanes() == lanes && p.itemsPerSecond() > 0)
            .findFirst();
    return known.isPresent() ? known.get() : sweep.measure(lanes, 1, best.tokensMax());
  }

  /**
   * @param alone batches of one item
   */
  static Duration delay(Point alone) {
    double millis = MILLIS_A_SECOND * alone.lanes() / alone.itemsPerSecond();
    long delay = Math.round(DELAY_SHARE * millis);
    return Duration.ofMillis(Math.min(DELAY_MILLIS_MAX, Math.max(DELAY_MILLIS_MIN, delay)));
  }
}
