package dev.holdfast.djl;

import ai.djl.Device;
import ai.djl.engine.Engine;
import dev.holdfast.job.ModelSpec;
import dev.holdfast.job.Precision;
import dev.holdfast.worker.InferenceEngine;
import java.util.List;

/**
 * Loads model directories as DJL lays them out: a TorchScript archive, {@code serving.properties}
 * and, for text, {@code tokenizer.json}.
 *
 * <p>The archive is the file that {@code option.modelName} names, else {@code <directory>.pt}, else
 * the only {@code .pt} file. What {@code serving.properties} may say is listed at {@link
 * TextSettings} for text and at {@link TensorTask} for tensors; other keys are left to whoever
 * understands them.
 *
 * <p>A text model proves at loading that it can infer. A tensor model declares no inputs, so that
 * for it loading alone is the proof.
 *
 * <p>Every device holds one copy of the model, which its lanes share: {@code gpu:N} is one device,
 * {@code gpu} and {@code auto} are all GPUs there are. Unless the model's declaration says how many
 * lanes a device has, a GPU has one and the CPU as many as there are processors.
 *
 * <p>A model whose precision is not fp32 is served from its other archive, {@code
 * <archive>.bf16.pt} or {@code .fp16.pt}, on devices that are made for it, and only if it answers
 * as the fp32 archive does ({@link Parity}).
 *
 * <p>Thread-safe.
 */
public final class DjlEngine implements InferenceEngine {

  private static final String NAME = "PyTorch";

  private final ReducedPrecision reduced;

  /**
   * Prepares the process for DJL. It reads system properties when its engine first loads, so make
   * this object before anything else touches DJL.
   */
  public DjlEngine() {
    this(ReducedPrecision.ofThisMachine());
  }

  DjlEngine(ReducedPrecision reduced) {
    this.reduced = reduced;
    System.setProperty("ai.djl.offline", "true");
    // One thread a lane: lanes share the processors better than one operator's threads do.
    setIfAbsent("ai.djl.pytorch.num_threads", "1");
  }

  private static void setIfAbsent(String key, String value) {
    if (System.getProperty(key) == null) {
      System.setProperty(key, value);
    }
  }

  @Override
  public LoadedModel load(ModelSpec spec) throws ModelLoadException {
    ModelDirectory directory = ModelDirectory.open(spec.location(), spec.kind());
    Task task =
        switch (spec.kind()) {
          case TEXT_EMBEDDING -> TextTask.open(directory);
          case TENSOR -> new TensorTask(directory.properties().names("outputs"));
        };
    try {
      List<Device> devices = Devices.select(spec.device(), engine().getGpuCount());
      return spec.precision() == Precision.FP32
          ? DjlModel.load(spec, directory, task, devices)
          : reduced.load(spec, directory, task, devices);
    } catch (ModelLoadException | RuntimeException e) {
      task.close();
      throw e;
    }
  }

  private static Engine engine() throws ModelLoadException {
    try {
      return Engine.getEngine(NAME);
    } catch (RuntimeException | LinkageError e) {
      throw new ModelLoadException(
          "the PyTorch engine does not start: " + EngineMessages.reason(e), e);
    }
  }
}
