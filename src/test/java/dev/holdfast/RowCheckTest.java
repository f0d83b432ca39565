package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RowCheckTest {

  @TempDir Path directory;

  private static String row(int index, String value, int floats) {
    return "{\"index\":%d,\"id\":\"sentence-%1$d\",\"embedding\":[%s]}"
        .formatted(index, String.join(",", Collections.nCopies(floats, value)));
  }

  private RowCheck.Counts counts(String... rows) throws IOException {
    return RowCheck.of(Files.write(directory.resolve("rows"), List.of(rows)), 3);
  }

  @Test
  void aWholeResultLosesNothing() throws IOException {
    assertThat(counts(row(0, "0.1", 384), row(1, "-2e-3", 384), row(2, "1", 384)))
        .isEqualTo(new RowCheck.Counts(0, 0));
  }

  @Test
  void eachKindOfDamageIsCounted() throws IOException {
    String good = row(0, "0.1", 384);
    assertThat(counts(good, row(1, "null", 384), row(2, "1", 383)))
        .isEqualTo(new RowCheck.Counts(2, 0));
    assertThat(counts(good, good, row(9, "1", 384), "{\"ind")).isEqualTo(new RowCheck.Counts(2, 3));
    assertThat(counts(good, row(1, "1", 384).replace("sentence-1", "sentence-2")))
        .isEqualTo(new RowCheck.Counts(2, 0));
  }
}
