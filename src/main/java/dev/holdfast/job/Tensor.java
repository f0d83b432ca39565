package dev.holdfast.job;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A named, dense tensor of the Open Inference Protocol v2.
 *
 * @param shape no dimension negative; empty for a scalar
 * @param data the elements in row-major order, little-endian, read-only, positioned at 0
 */
public record Tensor(String name, Datatype datatype, List<Long> shape, ByteBuffer data) {

  public Tensor {
    shape = List.copyOf(shape);
  }

  /** The protocol's names of the types that TorchScript modules take, with their size in bytes. */
  public enum Datatype {
    BOOL(1),
    UINT8(1),
    INT8(1),
    INT16(2),
    INT32(4),
    INT64(8),
    FP16(2),
    BF16(2),
    FP32(4),
    FP64(8);

    private final int bytes;

    Datatype(int bytes) {
      this.bytes = bytes;
    }

    public int bytes() {
      return bytes;
    }

    public static Optional<Datatype> ofName(String name) {
      return Arrays.stream(values()).filter(d -> d.name().equals(name)).findFirst();
    }
  }

  /** How many elements there are. */
  public long elements() {
    long elements = 1;
    for (long dimension : shape) {
      elements *= dimension;
    }
    return elements;
  }

  @Override
  public String toString() {
    return name + " " + datatype + shape;
  }
}
