package dev.holdfast.djl;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.JniUtils;
import dev.holdfast.job.Item;
import dev.holdfast.job.ModelSpec;
import dev.holdfast.worker.InferenceEngine.DeviceLostException;
import dev.holdfast.worker.InferenceEngine.Hardware;
import dev.holdfast.worker.InferenceEngine.InferenceException;
import dev.holdfast.worker.InferenceEngine.Lane;
import dev.holdfast.worker.InferenceEngine.LoadedModel;
import dev.holdfast.worker.InferenceEngine.ModelLoadException;
import dev.holdfast.worker.InferenceEngine.Preparation;
import dev.holdfast.worker.InferenceEngine.Prepared;
import dev.holdfast.worker.InferenceEngine.Rejected;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A model on its devices: one copy a device. */
final class DjlModel implements LoadedModel {

  private final ModelSpec spec;
  private final String digest;
  private final Task task;
  private final List<Model> copies;

  /** Java reads files to tell how many processors there are, and this is asked for each job. */
  private final int lanes;

  private DjlModel(ModelSpec spec, String digest, Task task, List<Model> copies) {
    this.spec = spec;
    this.digest = digest;
    this.task = task;
    this.copies = List.copyOf(copies);
    this.lanes =
        copies.size()
            * spec.lanes().orElse(onGpu() ? 1 : Runtime.getRuntime().availableProcessors());
  }

  /**
   * @param task is closed with the model; if this method throws, it stays open
   * @param devices the CPU alone, or GPUs
   */
  static DjlModel load(ModelSpec spec, ModelDirectory directory, Task task, List<Device> devices)
      throws ModelLoadException {
    String digest = directory.digest();
    List<Model> copies = new ArrayList<>();
    try {
      for (Device device : devices) {
        copies.add(loadCopy(directory.archive(), device));
      }
      DjlModel model = new DjlModel(spec, digest, task, copies);
      for (int i = 0; i < copies.size(); i++) {
        model.prove(directory, i);
      }
      return model;
    } catch (ModelLoadException | RuntimeException e) {
      copies.forEach(Model::close);
      throw e;
    }
  }

  /** Loads a module; close it. */
  static Model loadCopy(Path archive, Device device) throws ModelLoadException {
    Model model = Model.newInstance(archive.toString(), device, "PyTorch");
    try {
      // Without it the weights would stay on the device that the archive names.
      model.load(archive, null, Map.of("mapLocation", "true"));
      // An archive remembers whether it was saved while training, with dropout and all.
      JniUtils.enableInferenceMode((PtSymbolBlock) model.getBlock());
      return model;
    } catch (IOException | MalformedModelException | RuntimeException e) {
      model.close();
      throw new ModelLoadException(
          archive
              + " cannot be loaded as a TorchScript archive on "
              + device
              + ": "
              + EngineMessages.reason(e),
          EngineFailures.of(e) instanceof DeviceLostException lost ? lost : e);
    }
  }

  private void prove(ModelDirectory directory, int index) throws ModelLoadException {
    List<Item> samples = task.samples();
    if (samples.isEmpty()) {
      return;
    }
    try (Lane lane = openLane(index)) {
      List<Prepared> batch = new ArrayList<>();
      for (Preparation preparation : prepare(samples)) {
        if (preparation instanceof Prepared prepared) {
          batch.add(prepared);
        } else if (preparation instanceof Rejected rejected) {
          throw new ModelLoadException(
              directory.directory()
                  + " cannot prepare a short text: "
                  + rejected.reason().explanation());
        }
      }
      lane.infer(batch);
    } catch (InferenceException e) {
      throw new ModelLoadException(
          directory.archive() + " is loaded but cannot infer a short text: " + e.getMessage(), e);
    }
  }

  @Override
  public ModelSpec spec() {
    return spec;
  }

  @Override
  public String digest() {
    return digest;
  }

  private boolean onGpu() {
    return copies.get(0).getNDManager().getDevice().isGpu();
  }

  @Override
  public Hardware hardware() {
    return Machine.describe(onGpu(), copies.size());
  }

  @Override
  public int lanes() {
    return lanes;
  }

  @Override
  public Lane openLane(int index) {
    return new DjlLane(copy(index), task);
  }

  @Override
  public String device(int lane) {
    return copy(lane).getNDManager().getDevice().toString();
  }

  private Model copy(int lane) {
    return copies.get(lane % copies.size());
  }

  @Override
  public List<Preparation> prepare(List<Item> items) {
    return task.prepare(items);
  }

  /** Frees the copies and leaves the task open. */
  void free() {
    copies.forEach(Model::close);
  }

  @Override
  public void close() {
    free();
    task.close();
  }
}
