package dev.holdfast.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.Item;
import dev.holdfast.job.ItemFormat;
import dev.holdfast.job.ModelSpec;
import dev.holdfast.job.RowEncoding;
import dev.holdfast.job.Tensor;
import dev.holdfast.job.Tensor.Datatype;
import dev.holdfast.worker.InferenceEngine.Embedding;
import dev.holdfast.worker.InferenceEngine.Row;
import dev.holdfast.worker.InferenceEngine.Tensors;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a client can read out of a row again. */
class RowFormatTest {

  private static final int DIMENSIONS = 384;

  private static String row(Row row, RowEncoding encoding) {
    StringBuilder out = new StringBuilder();
    RowFormat.row(new Line(7, 8, 0, "\"a\"", null), "id \"7\"", row, encoding, out);
    assertThat(out.toString()).endsWith("\n").hasLineCount(1);
    return out.toString();
  }

  private static ByteBuffer decoded(Object base64) {
    return ByteBuffer.wrap(Base64.getDecoder().decode((String) base64))
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  private static float[] floats(ByteBuffer bytes) {
    float[] floats = new float[bytes.remaining() / Float.BYTES];
    bytes.asFloatBuffer().get(floats);
    return floats;
  }

  /** Like an encoder's: of length one, no element special. */
  private static float[] unitVector(long seed) {
    Random random = new Random(seed);
    double[] drawn = random.doubles(DIMENSIONS, -1, 1).toArray();
    double length = 0;
    for (double value : drawn) {
      length += value * value;
    }
    float[] vector = new float[DIMENSIONS];
    for (int i = 0; i < DIMENSIONS; i++) {
      vector[i] = (float) (drawn[i] / Math.sqrt(length));
    }
    return vector;
  }

  @ParameterizedTest
  @EnumSource(RowEncoding.class)
  void aVectorComesBackBitByBit(RowEncoding encoding) {
    float[] vector = unitVector(1);
    JsonObject row = new JsonObject(row(new Embedding(vector), encoding));
    assertThat(row.getInteger("index")).isEqualTo(7);
    assertThat(row.getString("id")).isEqualTo("id \"7\"");
    float[] back =
        switch (encoding) {
          case JSON -> {
            JsonArray numbers = row.getJsonArray("embedding");
            float[] read = new float[numbers.size()];
            for (int i = 0; i < read.length; i++) {
              read[i] = numbers.getFloat(i);
            }
            yield read;
          }
          case BASE64 -> floats(decoded(row.getValue("embedding")));
        };
    assertThat(back).containsExactly(vector);
  }

  @Test
  void whatJsonCannotSayIsKeptInBase64() {
    float[] vector = {Float.NaN, Float.POSITIVE_INFINITY, -0f, Float.MIN_VALUE};
    assertThat(row(new Embedding(vector), RowEncoding.JSON))
        .contains("\"embedding\":[null,null,-0.0,1.4E-45]");
    JsonObject row = new JsonObject(row(new Embedding(vector), RowEncoding.BASE64));
    assertThat(floats(decoded(row.getValue("embedding")))).containsExactly(vector);
  }

  @Test
  void theBytesAreLittleEndian() {
    assertThat(row(new Embedding(new float[] {1f}), RowEncoding.BASE64))
        .isEqualTo("{\"index\":7,\"id\":\"id \\\"7\\\"\",\"embedding\":\"AACAPw==\"}\n");
  }

  @Test
  void aTensorKeepsItsDatatype() {
    ByteBuffer data = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    data.putLong(-2).putLong(Long.MAX_VALUE).flip();
    Tensor tensor = new Tensor("ids", Datatype.INT64, List.of(1L, 2L), data.asReadOnlyBuffer());
    for (int i = 0; i < 2; i++) {
      JsonObject output =
          new JsonObject(row(new Tensors(List.of(tensor)), RowEncoding.BASE64))
              .getJsonArray("outputs")
              .getJsonObject(0);
      assertThat(output.getString("datatype")).isEqualTo("INT64");
      assertThat(output.getJsonArray("shape")).isEqualTo(new JsonArray("[1,2]"));
      assertThat(decoded(output.getValue("data"))).as("writing consumes nothing").isEqualTo(data);
    }
  }

  @ParameterizedTest
  @EnumSource(Datatype.class)
  void whatWasWrittenIsReadAgainAsAnInput(Datatype datatype) {
    String data = datatype == Datatype.BOOL ? "[true,false]" : "[1,100]";
    String item =
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[2],\"datatype\":\"%s\",\"data\":%s}]}"
            .formatted(datatype, data);
    List<Tensor> tensors = tensors(item);
    String row = row(new Tensors(tensors), RowEncoding.JSON);
    String outputs = new JsonObject(row).getJsonArray("outputs").encode();
    assertThat(tensors("{\"inputs\":" + outputs + "}")).isEqualTo(tensors);
  }

  private static List<Tensor> tensors(String item) {
    return ((Item.Tensors) ItemFormat.parse(ModelSpec.Kind.TENSOR, item)).inputs();
  }

  @Test
  void numbersOfAnySizeComeBackAndAreNoLongerThanJavaWritesThem() {
    Random random = new Random(3);
    for (int i = 0; i < 100_000; i++) {
      float value = Float.intBitsToFloat(random.nextInt());
      if (Float.isFinite(value)) {
        String written = written(value);
        assertThat(Float.parseFloat(written)).isEqualTo(value);
        assertThat(written.length()).isLessThanOrEqualTo(Float.toString(value).length());
      }
    }
  }

  @Test
  void doublesOfAnySizeComeBackAndAreNoLongerThanJavaWritesThem() {
    Random random = new Random(4);
    for (int i = 0; i < 100_000; i++) {
      double value = Double.longBitsToDouble(random.nextLong());
      if (Double.isFinite(value)) {
        String written = written(value);
        assertThat(Double.parseDouble(written)).isEqualTo(value);
        assertThat(written.length()).isLessThanOrEqualTo(Double.toString(value).length());
      }
    }
    assertThat(written(Double.NaN)).isEqualTo("null");
  }

  private static String written(float value) {
    StringBuilder json = new StringBuilder();
    RowNumbers.write(new float[] {value}, RowEncoding.JSON, json);
    return json.substring(1, json.length() - 1);
  }

  private static String written(double value) {
    ByteBuffer data = ByteBuffer.allocate(Double.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    data.putDouble(value).flip();
    StringBuilder json = new StringBuilder();
    RowNumbers.write(
        new Tensor("x", Datatype.FP64, List.of(1L), data.asReadOnlyBuffer()),
        RowEncoding.JSON,
        json);
    return json.substring(json.lastIndexOf("[") + 1, json.length() - 2);
  }

  @Test
  void base64IsLessThanHalfOfJson() {
    long json = 0;
    long base64 = 0;
    for (int seed = 0; seed < 100; seed++) {
      json += row(new Embedding(unitVector(seed)), RowEncoding.JSON).length();
      base64 += row(new Embedding(unitVector(seed)), RowEncoding.BASE64).length();
    }
    assertThat((double) base64 / json).as("%d over %d bytes", base64, json).isBetween(0.4, 0.5);
  }
}
