package dev.holdfast.worker;

import dev.holdfast.job.ModelSpec;
import dev.holdfast.worker.InferenceEngine.LoadedModel;
import dev.holdfast.worker.InferenceEngine.ModelLoadException;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Loads a worker's models, one after the other. */
record ModelLoading(
    InferenceEngine engine,
    WorkerServices services,
    Checkpoints checkpoints,
    @Nullable PartScratch scratch,
    WorkerMetrics metrics,
    Consumer<Throwable> fatal) {

  private static final Logger LOG = LoggerFactory.getLogger(ModelLoading.class);

  /**
   * Blocks.
   *
   * @param models gets each by its name as soon as it is loaded
   * @param tells hears what takes time
   */
  void load(List<ModelSpec> declared, Map<String, Serving> models, Consumer<String> tells)
      throws ModelLoadException {
    for (ModelSpec spec : declared) {
      long from = System.nanoTime();
      LoadedModel model = engine.load(spec, tells);
      CheckpointPolicy policy = checkpoints.policy();
      metrics.checkpoints(spec.name(), policy);
      metrics.runs(model);
      models.put(
          spec.name(),
          new Serving(
              new MicroBatcher(model, metrics, services.clock(), fatal),
              policy,
              metrics,
              services.clock(),
              scratch));
      LOG.info(
          "model {} is loaded in {} ms: {} lanes, digest {}",
          spec.name(),
          (System.nanoTime() - from) / 1_000_000,
          model.lanes(),
          model.digest());
    }
  }

  /** Why a load failed, for whoever runs the worker. */
  static String reason(Throwable failure) {
    return failure instanceof ModelLoadException
        ? String.valueOf(failure.getMessage())
        : "a model could not be loaded: " + failure;
  }
}
