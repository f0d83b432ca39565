package dev.holdfast.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.job.RowEncoding;
import io.vertx.core.buffer.Buffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LooseRowsTest {

  private static final String MODEL = "ab".repeat(32);

  private static String row(long index, String id) {
    StringBuilder out = new StringBuilder();
    RowFormat.row(
        new Line(index, index + 1, 0, "\"a\"", null),
        id,
        new InferenceEngine.Embedding(new float[] {1, -2.5f}),
        RowEncoding.JSON,
        out);
    return out.toString();
  }

  @Test
  void rowsComeBackAsTheyWere() {
    LooseRows loose = new LooseRows();
    loose.add(12, row(12, "id \"ä\u2028"));
    loose.add(3, row(3, "x"));
    LooseRows read = LooseRows.read(loose.content(MODEL), MODEL, 0);
    assertThat(read.size()).isEqualTo(2);
    assertThat(read.take(3)).isEqualTo(row(3, "x"));
    assertThat(read.take(12)).isEqualTo(row(12, "id \"ä\u2028"));
    assertThat(read.take(12)).isNull();
    assertThat(read.take(4)).isNull();
  }

  @Test
  void whatIsInAPartAlreadyIsNotWanted() {
    LooseRows loose = new LooseRows();
    loose.add(3, row(3, "x"));
    loose.add(4, row(4, "y"));
    LooseRows read = LooseRows.read(loose.content(MODEL), MODEL, 4);
    assertThat(read.size()).isEqualTo(1);
    assertThat(read.take(4)).isNotNull();
  }

  @Test
  void rowsOfAnotherModelAreNotTaken() {
    LooseRows loose = new LooseRows();
    loose.add(3, row(3, "x"));
    assertThat(LooseRows.read(loose.content(MODEL), "cd".repeat(32), 0).size()).isZero();
  }

  @Test
  void anObjectIsBounded() {
    LooseRows loose = new LooseRows();
    String large = row(1, "x".repeat(1_000_000));
    for (int i = 0; i < 20; i++) {
      loose.add(i, large.replace("\"index\":1", "\"index\":" + i));
    }
    Buffer content = loose.content(MODEL);
    assertThat(content.length()).isBetween(LooseRows.BYTES_MAX - 1_000_100, LooseRows.BYTES_MAX);
    assertThat(loose.size()).isEqualTo(16);
    assertThat(LooseRows.read(content, MODEL, 0).size()).isEqualTo(16);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "{}", "{\"index\":", "{\"index\":1}", "{\"index\":x,}", "{\"index\":1,\"em"})
  void whatIsNoRowIsRefused(String line) {
    Buffer content = Buffer.buffer(MODEL + "\n" + line + "\n");
    assertThatThrownBy(() -> LooseRows.read(content, MODEL, 0))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
