package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChaosRowsTest {

  @TempDir Path directory;

  private static String row(int index, String embedding) {
    return "{\"index\":%d,\"embedding\":%s}".formatted(index, embedding);
  }

  private ChaosRows rows(String name, int items, String... lines) throws IOException {
    Path result = Files.write(directory.resolve(name + ".jsonl"), List.of(lines));
    return ChaosRows.of(result, items, directory.resolve(name + ".vectors"));
  }

  @Test
  void whatIsThereOnceAndWithinTheToleranceIsTheSameInAnyOrder() throws Exception {
    ChaosRows calm = rows("calm", 2, row(0, "[1.0,2.0]"), row(1, "[3.0,4.0]"));
    ChaosRows disturbed = rows("disturbed", 2, row(1, "[3.0,4.0009]"), row(0, "[1.0,2.0]"));

    assertThat(disturbed.lost()).isZero();
    assertThat(disturbed.duplicated()).isZero();
    assertThat(disturbed.differing(calm)).isZero();
  }

  @Test
  void rowsThatAreMissingOrHaveNoVectorAreLost() throws Exception {
    ChaosRows calm = rows("calm", 3, row(0, "[1]"), row(1, "[2]"), row(2, "[3]"));
    ChaosRows disturbed =
        rows("disturbed", 3, row(0, "[1]"), "{\"index\":1,\"error\":{\"code\":\"x\"}}");

    assertThat(disturbed.lost()).isEqualTo(2);
    assertThat(disturbed.differing(calm)).isEqualTo(2);
  }

  @Test
  void rowsThatComeTwiceAndRowsOfNoItemAreDuplicated() throws Exception {
    ChaosRows rows = rows("rows", 2, row(0, "[1]"), row(1, "[2]"), row(1, "[2]"), row(7, "[9]"));

    assertThat(rows.duplicated()).isEqualTo(2);
    assertThat(rows.lost()).isZero();
  }

  @Test
  void vectorsOfOtherNumbersDiffer() throws Exception {
    ChaosRows calm = rows("calm", 4, row(0, "[1]"), row(1, "[1]"), row(2, "[1]"), row(3, "[1]"));
    ChaosRows disturbed =
        rows(
            "disturbed", 4, row(0, "[1]"), row(1, "[1.002]"), row(2, "[\"NaN\"]"), row(3, "[0.9]"));

    assertThat(disturbed.differing(calm)).isEqualTo(3);
  }

  @Test
  void vectorsOfAnotherLengthDiffer() throws Exception {
    ChaosRows calm = rows("calm", 2, row(0, "[1,2]"), row(1, "[3,4]"));

    assertThat(rows("all", 2, row(0, "[1]"), row(1, "[3]")).differing(calm)).isEqualTo(2);
    assertThat(rows("one", 2, row(0, "[1,2]"), row(1, "[3]")).differing(calm)).isEqualTo(1);
  }
}
