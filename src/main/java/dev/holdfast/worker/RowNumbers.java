package dev.holdfast.worker;

import com.fasterxml.jackson.core.io.NumberOutput;
import dev.holdfast.job.HalfFloats;
import dev.holdfast.job.RowEncoding;
import dev.holdfast.job.Tensor;
import io.vertx.core.json.Json;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;

/**
 * Tensors and vectors as a row has them: the JSON of the Open Inference Protocol v2, as {@link
 * dev.holdfast.job.TensorJson} reads it. A number has the fewest digits that come back to it, by
 * Jackson's writer, which is faster than that of Java 17 and never writes more.
 */
final class RowNumbers {

  private RowNumbers() {}

  /** Writes one tensor, its data flat or as one string, as the encoding has it. */
  static void write(Tensor tensor, RowEncoding encoding, StringBuilder json) {
    json.append("{\"name\":").append(Json.encode(tensor.name()));
    json.append(",\"datatype\":\"").append(tensor.datatype().name()).append("\",\"shape\":[");
    String comma = "";
    for (long dimension : tensor.shape()) {
      json.append(comma).append(dimension);
      comma = ",";
    }
    json.append("],\"data\":");
    ByteBuffer data = tensor.data().duplicate().order(ByteOrder.LITTLE_ENDIAN);
    switch (encoding) {
      case JSON -> writeNumbers(tensor.datatype(), data, json);
      case BASE64 -> writeBase64(data, json);
    }
    json.append('}');
  }

  /** Writes a vector of FP32 as the data of a tensor is written. */
  static void write(float[] vector, RowEncoding encoding, StringBuilder json) {
    switch (encoding) {
      case JSON -> {
        json.append('[');
        String comma = "";
        for (float value : vector) {
          json.append(comma);
          writeFloat(value, json);
          comma = ",";
        }
        json.append(']');
      }
      case BASE64 -> {
        ByteBuffer bytes =
            ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(vector);
        writeBase64(bytes, json);
      }
    }
  }

  private static void writeNumbers(Tensor.Datatype datatype, ByteBuffer data, StringBuilder json) {
    json.append('[');
    String comma = "";
    while (data.hasRemaining()) {
      json.append(comma);
      writeNext(datatype, data, json);
      comma = ",";
    }
    json.append(']');
  }

  private static void writeBase64(ByteBuffer data, StringBuilder json) {
    byte[] bytes = new byte[data.remaining()];
    data.get(bytes);
    json.append('"').append(Base64.getEncoder().encodeToString(bytes)).append('"');
  }

  private static void writeNext(Tensor.Datatype datatype, ByteBuffer data, StringBuilder json) {
    switch (datatype) {
      case BOOL -> json.append(data.get() != 0);
      case UINT8 -> json.append(data.get() & 0xff);
      case INT8 -> json.append(data.get());
      case INT16 -> json.append(data.getShort());
      case INT32 -> json.append(data.getInt());
      case INT64 -> json.append(data.getLong());
      case FP16 -> writeFloat(HalfFloats.fromFp16(data.getShort()), json);
      case BF16 -> writeFloat(HalfFloats.fromBf16(data.getShort()), json);
      case FP32 -> writeFloat(data.getFloat(), json);
      case FP64 -> {
        double value = data.getDouble();
        if (Double.isFinite(value)) {
          json.append(NumberOutput.toString(value, true));
        } else {
          json.append("null");
        }
      }
    }
  }

  /** Writes a number that JSON can say, or null. */
  private static void writeFloat(float value, StringBuilder json) {
    if (Float.isFinite(value)) {
      json.append(NumberOutput.toString(value, true));
    } else {
      json.append("null");
    }
  }
}
