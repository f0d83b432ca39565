package dev.holdfast.world;

import dev.holdfast.job.Item;
import dev.holdfast.job.JobError;
import dev.holdfast.job.ModelSpec;
import dev.holdfast.worker.InferenceEngine;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * A real engine for a model that is a function of the text: its length and its hash. Texts that
 * begin with {@code reject}, {@code poison} or {@code explode} do what they say, and one that
 * begins with {@code assert} breaks the device. {@code swallow} costs its batch a row, {@code
 * overflow} ends the thread that prepares it, and {@code wide} texts are of another signature and
 * need ten times the memory. A test hears of each batch before it is inferred, and may hold it
 * there.
 */
public final class ScriptedEngine implements InferenceEngine {

  /** Every batch in order, as the texts it held. */
  public final List<List<String>> batches = new CopyOnWriteArrayList<>();

  /** How many items were prepared, call by call. */
  public final List<Integer> prepared = new CopyOnWriteArrayList<>();

  /** Models that were closed. */
  public final AtomicInteger closed = new AtomicInteger();

  private volatile Consumer<List<String>> beforeBatch = texts -> {};
  private volatile Consumer<List<String>> inMemory = texts -> {};
  private volatile long memory = Long.MAX_VALUE;
  private final AtomicLong used = new AtomicLong();
  private final String digest;
  private final int lanes;

  public ScriptedEngine() {
    this("digest-1", 1);
  }

  public ScriptedEngine(String digest, int lanes) {
    this.digest = digest;
    this.lanes = lanes;
  }

  /** Calls {@code hook} on the lane's thread before each batch. */
  public void beforeBatch(Consumer<List<String>> hook) {
    beforeBatch = hook;
  }

  /** Calls {@code hook} on the lane's thread while each batch takes its memory. */
  public void whileInMemory(Consumer<List<String>> hook) {
    inMemory = hook;
  }

  /** Batches that say when the first of them has come, and go on when they may. */
  public static final class Hold {
    private final CountDownLatch busy = new CountDownLatch(1);
    private final CountDownLatch go = new CountDownLatch(1);

    /** Waits until a batch is being inferred. */
    public void awaitBatch() {
      Waits.until(busy);
    }

    public void release() {
      go.countDown();
    }
  }

  /** From now on every batch is held. */
  public Hold hold() {
    Hold hold = new Hold();
    beforeBatch(
        batch -> {
          hold.busy.countDown();
          Waits.until(hold.go);
        });
    return hold;
  }

  /**
   * From now on all batches that are inferred at one time fit only if they have no more padded
   * tokens, items times the longest.
   */
  public void memory(long paddedTokens) {
    memory = paddedTokens;
  }

  /** A declaration of this engine's model. */
  public static ModelSpec spec(int itemsMax, int tokensMax) {
    return new ModelSpec(
        "scripted",
        Path.of("nowhere"),
        ModelSpec.Kind.TEXT_EMBEDDING,
        "cpu",
        new ModelSpec.BatchLimits(itemsMax, tokensMax, Duration.ofMillis(1)));
  }

  /** What the model says to a text. */
  public static float[] vector(String text) {
    return new float[] {text.length(), text.hashCode()};
  }

  private record Text(String text) implements Prepared {
    @Override
    public int tokens() {
      return Math.max(1, text.length());
    }

    @Override
    public Object signature() {
      return text.startsWith("wide") ? "wide" : "text";
    }
  }

  @Override
  public LoadedModel load(ModelSpec spec) throws ModelLoadException {
    if (spec.location().endsWith("broken")) {
      throw new ModelLoadException("the model directory is broken");
    }
    return new Model(spec);
  }

  private final class Model implements LoadedModel {

    private final ModelSpec spec;

    Model(ModelSpec spec) {
      this.spec = spec;
    }

    @Override
    public ModelSpec spec() {
      return spec;
    }

    @Override
    public String digest() {
      return digest;
    }

    @Override
    public int lanes() {
      return lanes;
    }

    @Override
    public Hardware hardware() {
      return new Hardware("scripted", 1);
    }

    @Override
    public String device(int lane) {
      return "the only one";
    }

    @Override
    public Lane openLane(int index) {
      return new ScriptedLane();
    }

    @Override
    public List<Preparation> prepare(List<Item> items) {
      List<Preparation> outcomes = new ArrayList<>();
      for (Item item : items) {
        String text = ((Item.Text) item).text();
        if (text.startsWith("overflow")) {
          throw new StackOverflowError("overflown");
        }
        if (text.startsWith("explode")) {
          throw new IllegalStateException("exploded");
        }
        outcomes.add(
            text.startsWith("reject")
                ? new Rejected(JobError.ITEM_TOO_LONG.because("rejected"))
                : new Text(text));
      }
      prepared.add(items.size());
      return outcomes;
    }

    @Override
    public void close() {
      closed.incrementAndGet();
    }
  }

  private final class ScriptedLane implements Lane {

    @Override
    public List<Row> infer(List<Prepared> batch) throws InferenceException {
      List<String> texts = batch.stream().map(p -> ((Text) p).text()).toList();
      beforeBatch.accept(texts);
      batches.add(texts);
      int longest = batch.stream().mapToInt(Prepared::tokens).max().orElse(0);
      long needed = (long) longest * batch.size() * (texts.get(0).startsWith("wide") ? 10 : 1);
      try {
        if (used.addAndGet(needed) > memory) {
          throw new OutOfMemoryException("CUDA out of memory.", new IllegalStateException());
        }
        inMemory.accept(texts);
      } finally {
        used.addAndGet(-needed);
      }
      if (texts.stream().anyMatch(t -> t.startsWith("assert"))) {
        throw new DeviceLostException(
            "CUDA error: device-side assert triggered", new IllegalStateException());
      }
      if (texts.stream().anyMatch(t -> t.startsWith("poison"))) {
        throw new InferenceException("poisoned", new IllegalStateException());
      }
      return texts.stream()
          .skip(texts.stream().anyMatch(t -> t.startsWith("swallow")) ? 1 : 0)
          .<Row>map(t -> new Embedding(vector(t)))
          .toList();
    }

    @Override
    public void close() {}
  }
}
