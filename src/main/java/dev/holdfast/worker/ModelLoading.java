package dev.holdfast.worker;

import dev.holdfast.job.ModelSpec;
import dev.holdfast.worker.InferenceEngine.DeviceLostException;
import dev.holdfast.worker.InferenceEngine.LoadedModel;
import dev.holdfast.worker.InferenceEngine.ModelLoadException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;
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
    DeviceMemory memory = new DeviceMemory();
    for (ModelSpec spec : declared) {
      long from = System.nanoTime();
      LoadedModel model = load(spec, tells);
      CheckpointPolicy policy = checkpoints.policy();
      metrics.checkpoints(spec.name(), policy);
      metrics.runs(model);
      models.put(
          spec.name(),
          new Serving(
              new MicroBatcher(model, metrics, services.clock(), memory, fatal),
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

  /** A device that is lost is found well by a fresh process, if by any. */
  private LoadedModel load(ModelSpec spec, Consumer<String> tells) throws ModelLoadException {
    try {
      return engine.load(spec, tells);
    } catch (ModelLoadException e) {
      if (Stream.<Throwable>iterate(e, Objects::nonNull, Throwable::getCause)
          .anyMatch(DeviceLostException.class::isInstance)) {
        fatal.accept(e);
      }
      throw e;
    }
  }

  /** Why a load failed, for whoever runs the worker. */
  static String reason(Throwable failure) {
    return failure instanceof ModelLoadException
        ? String.valueOf(failure.getMessage())
        : "a model could not be loaded: " + failure;
  }
}
