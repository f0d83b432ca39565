package dev.holdfast.job;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** One row of a job's input, read and checked. */
public sealed interface Item {

  /** The client's own name of the row, copied to its result; or null. */
  @Nullable String id();

  /** A text to embed. */
  record Text(@Nullable String id, String text) implements Item {}

  /** The inputs of one forward call; the first dimension of each is the batch. */
  record Tensors(@Nullable String id, List<Tensor> inputs) implements Item {
    public Tensors {
      inputs = List.copyOf(inputs);
    }
  }
}
