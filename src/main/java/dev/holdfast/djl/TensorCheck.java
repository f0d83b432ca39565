package dev.holdfast.djl;

import dev.holdfast.job.JobError;
import dev.holdfast.job.JobException;
import dev.holdfast.job.Tensor;
import dev.holdfast.job.Tensor.Datatype;
import java.nio.ByteBuffer;
import java.util.List;

/** Refuses tensors that the engine would misread or that would end the process. */
final class TensorCheck {

  private TensorCheck() {}

  /**
   * @throws JobException with the reason for the item's row
   */
  static void check(List<Tensor> inputs) {
    if (inputs.isEmpty()) {
      throw JobError.ITEM_INVALID.because("the item has no inputs");
    }
    for (Tensor input : inputs) {
      check(input);
    }
  }

  private static void check(Tensor input) {
    if (Datatypes.toEngine(input.datatype()) == null) {
      throw JobError.ITEM_INVALID.because(
          "input %s: %s is not supported; allowed: %s"
              .formatted(input.name(), input.datatype(), Datatypes.allowed()));
    }
    long expected = bytes(input);
    if (expected != input.data().remaining()) {
      throw JobError.ITEM_INVALID.because(
          "input %s: its shape needs %d bytes, but it has %d"
              .formatted(input.name(), expected, input.data().remaining()));
    }
    if (input.datatype() == Datatype.BOOL) {
      checkTruthValues(input);
    }
  }

  private static long bytes(Tensor input) {
    long bytes = input.datatype().bytes();
    try {
      for (long dimension : input.shape()) {
        if (dimension < 0) {
          throw JobError.ITEM_INVALID.because(
              "input %s: a dimension of %d".formatted(input.name(), dimension));
        }
        bytes = Math.multiplyExact(bytes, dimension);
      }
    } catch (ArithmeticException e) {
      throw JobError.ITEM_TOO_LARGE.because(
          "input %s: the shape %s is too large".formatted(input.name(), input.shape()));
    }
    return bytes;
  }

  private static void checkTruthValues(Tensor input) {
    ByteBuffer data = input.data();
    for (int i = data.position(); i < data.limit(); i++) {
      if (data.get(i) != 0 && data.get(i) != 1) {
        throw JobError.ITEM_INVALID.because(
            "input %s: a BOOL is 0 or 1, not %d".formatted(input.name(), data.get(i)));
      }
    }
  }
}
