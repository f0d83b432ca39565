package dev.holdfast.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.job.ModelSpec.Kind;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Lines of JSONL, good and hostile. */
class ItemFormatTest {

  @Test
  void aTextIsAStringOrAnObject() {
    assertThat(ItemFormat.parse(Kind.TEXT_EMBEDDING, "\"grüß dich\""))
        .isEqualTo(new Item.Text(null, "grüß dich"));
    assertThat(ItemFormat.parse(Kind.TEXT_EMBEDDING, "{\"id\":\"7\",\"text\":\"\"}"))
        .isEqualTo(new Item.Text("7", ""));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"text\":\"a\"|item_invalid|not JSON",
        "nope|item_invalid|not JSON",
        "42|item_wrong_kind|a number",
        "null|item_wrong_kind|null",
        "[\"a\"]|item_wrong_kind|an array",
        "{\"inputs\":[]}|item_wrong_kind|text, not tensors",
        "{\"text\":1}|item_invalid|must be a string",
        "{\"id\":1,\"text\":\"a\"}|item_invalid|id must be a string",
        "{\"txt\":\"a\"}|item_invalid|unknown field 'txt'",
      })
  void aBadTextSaysWhatIsWrong(String line, String code, String message) {
    assertThatThrownBy(() -> ItemFormat.parse(Kind.TEXT_EMBEDDING, line))
        .isInstanceOfSatisfying(
            JobException.class, e -> assertThat(e.error().code()).isEqualTo(code))
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"text\"|takes tensors",
        "{\"inputs\":[]}|1 to 64 tensors",
        "{\"inputs\":[1]}|must be an object",
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[2],\"datatype\":\"FP99\",\"data\":[1,2]}]}|FP99",
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[2],\"datatype\":\"FP32\",\"data\":[1]}]}|has 1 elements",
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":[1,2]}]}|more elements",
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[-1],\"datatype\":\"FP32\",\"data\":[1]}]}|0 or more",
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[9999999],\"datatype\":\"INT8\",\"data\":[]}]}|more than",
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"UINT8\",\"data\":[256]}]}|from 0 to 255",
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"INT64\",\"data\":[1.5]}]}|whole number",
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"BOOL\",\"data\":[1]}]}|true or false",
        "{\"inputs\":[{\"name\":\"\",\"shape\":[1],\"datatype\":\"INT8\",\"data\":[1]}]}|name must be",
      })
  void aBadTensorSaysWhatIsWrong(String line, String message) {
    assertThatThrownBy(() -> ItemFormat.parse(Kind.TENSOR, line))
        .isInstanceOf(JobException.class)
        .hasMessageContaining(message);
  }

  @Test
  void nestedAndFlatDataAreTheSame() {
    String item =
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[2,2],\"datatype\":\"FP32\",\"data\":%s}]}";
    assertThat(ItemFormat.parse(Kind.TENSOR, item.formatted("[[1,2],[3,4.5]]")))
        .isEqualTo(ItemFormat.parse(Kind.TENSOR, item.formatted("[1,2,3,4.5]")));
  }

  @ParameterizedTest
  @EnumSource(Tensor.Datatype.class)
  void everyDatatypeIsReadAsLittleEndianBytes(Tensor.Datatype datatype) {
    String data = datatype == Tensor.Datatype.BOOL ? "[true,false]" : "[1,100]";
    String line =
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[2],\"datatype\":\"%s\",\"data\":%s}]}"
            .formatted(datatype, data);
    Tensor tensor = ((Item.Tensors) ItemFormat.parse(Kind.TENSOR, line)).inputs().get(0);
    assertThat(tensor.data().order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
    assertThat(tensor.data().remaining()).isEqualTo(2 * datatype.bytes());
  }

  @Test
  void halfPrecisionRoundsAsIeeeSays() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      short half = (short) bits;
      float value = HalfFloats.fromFp16(half);
      if (!Float.isNaN(value)) {
        assertThat(HalfFloats.toFp16(value)).as("%04x", bits).isEqualTo(half);
      }
    }
    assertThat(HalfFloats.fromFp16(HalfFloats.toFp16(65_519f))).isEqualTo(65_504f);
    assertThat(HalfFloats.fromFp16(HalfFloats.toFp16(65_520f))).isInfinite();
    assertThat(HalfFloats.fromFp16(HalfFloats.toFp16(1f + 0x1p-11f))).isEqualTo(1f);
    assertThat(HalfFloats.fromFp16(HalfFloats.toFp16(1e-8f))).isZero();
    assertThat(HalfFloats.fromBf16(HalfFloats.toBf16(3.14159f))).isEqualTo(3.140625f);
    assertThat(HalfFloats.fromBf16(HalfFloats.toBf16(Float.NaN))).isNaN();
  }
}
