package dev.holdfast.djl;

import ai.djl.ndarray.types.DataType;
import dev.holdfast.job.Tensor.Datatype;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which tensors can cross the border to the engine.
 *
 * <p>INT16 and BF16 cannot: DJL's native library ends the process when it is given one, and names
 * both of them "unknown" when it gives one.
 */
final class Datatypes {

  private Datatypes() {}

  /** The engine's name of the type, or null if it cannot take it. */
  static @Nullable DataType toEngine(Datatype datatype) {
    return switch (datatype) {
      case BOOL -> DataType.BOOLEAN;
      case UINT8 -> DataType.UINT8;
      case INT8 -> DataType.INT8;
      case INT32 -> DataType.INT32;
      case INT64 -> DataType.INT64;
      case FP16 -> DataType.FLOAT16;
      case FP32 -> DataType.FLOAT32;
      case FP64 -> DataType.FLOAT64;
      case INT16, BF16 -> null;
    };
  }

  /** The protocol's name of the type, or null if it has none. */
  static @Nullable Datatype fromEngine(DataType type) {
    for (Datatype datatype : Datatype.values()) {
      if (toEngine(datatype) == type) {
        return datatype;
      }
    }
    return null;
  }

  /** The names of the types that can cross, for messages. */
  static String allowed() {
    return Arrays.stream(Datatype.values())
        .filter(datatype -> toEngine(datatype) != null)
        .map(Datatype::name)
        .collect(Collectors.joining(", "));
  }
}
