package dev.holdfast.tuning;

import dev.holdfast.job.Item;
import dev.holdfast.job.ModelSpec;
import dev.holdfast.job.ModelSpec.BatchLimits;
import dev.holdfast.worker.InferenceEngine.Hardware;
import dev.holdfast.worker.InferenceEngine.Lane;
import dev.holdfast.worker.InferenceEngine.LoadedModel;
import dev.holdfast.worker.InferenceEngine.Preparation;
import java.util.List;

/** A model that is run as it was found best. */
record Tuned(LoadedModel model, ModelSpec spec, int lanes) implements LoadedModel {

  /**
   * How a model is run.
   *
   * @param lanes on all devices together
   */
  record Settings(int lanes, BatchLimits limits) {}

  static Tuned of(LoadedModel model, Settings settings) {
    return new Tuned(model, model.spec().batched(settings.limits()), settings.lanes());
  }

  @Override
  public String digest() {
    return model.digest();
  }

  @Override
  public Hardware hardware() {
    return model.hardware();
  }

  @Override
  public String device(int lane) {
    return model.device(lane);
  }

  @Override
  public Lane openLane(int index) {
    return model.openLane(index);
  }

  @Override
  public List<Preparation> prepare(List<Item> items) {
    return model.prepare(items);
  }

  @Override
  public void close() {
    model.close();
  }
}
