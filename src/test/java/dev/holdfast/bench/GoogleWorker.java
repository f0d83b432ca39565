package dev.holdfast.bench;

import dev.holdfast.SystemClock;
import dev.holdfast.djl.DjlEngine;
import dev.holdfast.gcp.Gcp;
import dev.holdfast.job.Item;
import dev.holdfast.job.ModelSpec;
import dev.holdfast.job.ModelSpec.BatchLimits;
import dev.holdfast.job.Precision;
import dev.holdfast.worker.InferenceEngine;
import dev.holdfast.worker.InferenceEngine.LoadedModel;
import dev.holdfast.worker.WorkerOptions;
import dev.holdfast.world.StillEngine;
import io.vertx.core.Vertx;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Holdfast's worker as a process of its own on Google's emulators, for comparison with the Spring
 * peer's: each line of the standard input is how many jobs wait; answers with the seconds that they
 * took, from the start of the worker, whose model is loaded already, to the last one's end.
 */
final class GoogleWorker {

  /** In place of a model's directory: a model that costs nothing. */
  static final String NO_MODEL = "none";

  private static final Duration DELAY = Duration.ofMillis(5);
  private static final StillEngine NO_ENGINE = StillEngine.of("noop", 32);

  private GoogleWorker() {}

  /** A main class and its arguments: a worker with this model, in fp32 or less. */
  static List<String> command(String model, Precision precision) {
    return List.of(GoogleWorker.class.getName(), model, precision.name());
  }

  /** What jobs call the model. */
  static String name(String model) {
    return spec(model, Precision.FP32).name();
  }

  private static ModelSpec spec(String model, Precision precision) {
    return model.equals(NO_MODEL)
        ? NO_ENGINE.spec()
        : new ModelSpec(
            "all-MiniLM-L6-v2",
            Path.of(model),
            ModelSpec.Kind.TEXT_EMBEDDING,
            "cpu",
            new BatchLimits(BareLoop.BATCH_ITEMS_MAX, BareLoop.BATCH_TOKENS_MAX, DELAY),
            OptionalInt.of(1),
            Set.of(),
            precision);
  }

  public static void main(String[] arguments) throws Exception {
    ModelSpec spec = spec(arguments[0], Precision.valueOf(arguments[1]));
    InferenceEngine engine =
        arguments[0].equals(NO_MODEL) ? NO_ENGINE : new Preloaded(new DjlEngine().load(spec));
    Vertx vertx = Vertx.vertx();
    SystemClock clock = new SystemClock();
    try (Gcp gcp = Gcp.open(GoogleStack.on(System.getenv()), WorkerOptions.HEARS)) {
      GoogleJobs jobs = new GoogleJobs(gcp, clock);
      System.out.println("ready");
      BufferedReader in =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        System.out.println(jobs.work(vertx, engine, spec, Integer.parseInt(line.strip())));
      }
    }
    System.exit(0);
  }

  /** A model that stays loaded from one worker to the next. */
  private record Preloaded(LoadedModel model) implements InferenceEngine {

    @Override
    public LoadedModel load(ModelSpec spec) {
      return new Kept(model);
    }
  }

  private record Kept(LoadedModel model) implements LoadedModel {

    @Override
    public ModelSpec spec() {
      return model.spec();
    }

    @Override
    public String digest() {
      return model.digest();
    }

    @Override
    public int lanes() {
      return model.lanes();
    }

    @Override
    public InferenceEngine.Hardware hardware() {
      return model.hardware();
    }

    @Override
    public String device(int lane) {
      return model.device(lane);
    }

    @Override
    public InferenceEngine.Lane openLane(int index) {
      return model.openLane(index);
    }

    @Override
    public List<InferenceEngine.Preparation> prepare(List<Item> items) {
      return model.prepare(items);
    }

    @Override
    public void close() {
      // the next worker's
    }
  }
}
