package dev.holdfast.job;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * Tensors in the JSON of the Open Inference Protocol v2: {@code {"name", "shape", "datatype",
 * "data"}} with the data flat or nested, in row-major order.
 */
public final class TensorJson {

  /** Elements of one tensor; more could not come in one item anyway. */
  static final int ELEMENTS_MAX = 1 << 20;

  private static final int DIMENSIONS_MAX = 16;
  private static final int NAME_CHARS_MAX = 128;
  private static final Set<String> FIELDS = Set.of("name", "shape", "datatype", "data");

  private TensorJson() {}

  /**
   * Reads one tensor.
   *
   * @throws JobException with {@link JobError#ITEM_INVALID} and what is wrong with which field
   */
  public static Tensor read(Object json) {
    if (!(json instanceof JsonObject object)) {
      throw invalid("each input must be an object with name, shape, datatype and data");
    }
    for (String field : object.fieldNames()) {
      if (!FIELDS.contains(field)) {
        throw invalid(
            "unknown field '%s' in an input; allowed are name, shape, datatype and data", field);
      }
    }
    if (!(object.getValue("name") instanceof String name)
        || name.isEmpty()
        || name.length() > NAME_CHARS_MAX) {
      throw invalid("an input's name must be a string of 1 to %d characters", NAME_CHARS_MAX);
    }
    if (!(object.getValue("datatype") instanceof String typeName)) {
      throw invalid("the datatype of input '%s' must be a string", name);
    }
    Tensor.Datatype datatype =
        Tensor.Datatype.ofName(typeName)
            .orElseThrow(
                () ->
                    invalid(
                        "the datatype of input '%s' is '%s'; allowed are %s",
                        name, typeName, Arrays.toString(Tensor.Datatype.values())));
    List<Long> shape = shape(name, object.getValue("shape"));
    long elements = 1;
    for (long dimension : shape) {
      elements *= dimension;
      if (elements > ELEMENTS_MAX) {
        throw invalid("input '%s' has more than %d elements", name, ELEMENTS_MAX);
      }
    }
    if (!(object.getValue("data") instanceof JsonArray data)) {
      throw invalid("the data of input '%s' must be an array", name);
    }
    ByteBuffer bytes =
        ByteBuffer.allocate((int) elements * datatype.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    fill(name, datatype, data, bytes, 0);
    if (bytes.hasRemaining()) {
      throw invalid(
          "the data of input '%s' has %d elements; its shape %s asks for %d",
          name, bytes.position() / datatype.bytes(), shape, elements);
    }
    return new Tensor(name, datatype, shape, readOnly(bytes));
  }

  private static List<Long> shape(String name, Object value) {
    if (!(value instanceof JsonArray array) || array.size() > DIMENSIONS_MAX) {
      throw invalid(
          "the shape of input '%s' must be an array of at most %d whole numbers",
          name, DIMENSIONS_MAX);
    }
    List<Long> shape = new ArrayList<>(array.size());
    for (Object dimension : array) {
      if (!(dimension instanceof Integer n) || n < 0) {
        throw invalid("the shape of input '%s' must be an array of whole numbers, 0 or more", name);
      }
      shape.add(n.longValue());
    }
    return shape;
  }

  private static void fill(
      String name, Tensor.Datatype datatype, JsonArray data, ByteBuffer bytes, int depth) {
    if (depth > DIMENSIONS_MAX) {
      throw invalid("the data of input '%s' is nested more than %d deep", name, DIMENSIONS_MAX);
    }
    for (Object element : data) {
      if (element instanceof JsonArray nested) {
        fill(name, datatype, nested, bytes, depth + 1);
      } else if (!bytes.hasRemaining()) {
        throw invalid("the data of input '%s' has more elements than its shape asks for", name);
      } else {
        put(name, datatype, element, bytes);
      }
    }
  }

  private static void put(String name, Tensor.Datatype datatype, Object element, ByteBuffer bytes) {
    switch (datatype) {
      case BOOL -> {
        if (!(element instanceof Boolean flag)) {
          throw wrongElement(name, datatype, element, "true or false");
        }
        bytes.put((byte) (flag ? 1 : 0));
      }
      case UINT8 -> bytes.put((byte) whole(name, datatype, element, 0, 255));
      case INT8 -> bytes.put((byte) whole(name, datatype, element, Byte.MIN_VALUE, Byte.MAX_VALUE));
      case INT16 ->
          bytes.putShort((short) whole(name, datatype, element, Short.MIN_VALUE, Short.MAX_VALUE));
      case INT32 ->
          bytes.putInt((int) whole(name, datatype, element, Integer.MIN_VALUE, Integer.MAX_VALUE));
      case INT64 -> bytes.putLong(whole(name, datatype, element, Long.MIN_VALUE, Long.MAX_VALUE));
      case FP16 -> bytes.putShort(HalfFloats.toFp16((float) number(name, datatype, element)));
      case BF16 -> bytes.putShort(HalfFloats.toBf16((float) number(name, datatype, element)));
      case FP32 -> bytes.putFloat((float) number(name, datatype, element));
      case FP64 -> bytes.putDouble(number(name, datatype, element));
    }
  }

  private static long whole(
      String name, Tensor.Datatype datatype, Object element, long min, long max) {
    if ((element instanceof Integer || element instanceof Long)
        && ((Number) element).longValue() >= min
        && ((Number) element).longValue() <= max) {
      return ((Number) element).longValue();
    }
    throw wrongElement(name, datatype, element, "a whole number from " + min + " to " + max);
  }

  private static double number(String name, Tensor.Datatype datatype, Object element) {
    if (element instanceof Number number) {
      return number.doubleValue();
    }
    throw wrongElement(name, datatype, element, "a number");
  }

  private static ByteBuffer readOnly(ByteBuffer bytes) {
    return bytes.flip().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  private static JobException wrongElement(
      String name, Tensor.Datatype datatype, Object element, String allowed) {
    String shown = String.valueOf(element);
    return invalid(
        "the data of input '%s' (%s) has the element %s; each must be %s",
        name, datatype, shown.length() > 40 ? shown.substring(0, 40) + "…" : shown, allowed);
  }

  @SuppressWarnings("AnnotateFormatMethod") // the room depends on nothing that has the annotation
  private static JobException invalid(String message, Object... values) {
    return JobError.ITEM_INVALID.because(message.formatted(values));
  }
}
