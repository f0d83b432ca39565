package dev.holdfast.gcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CostTableTest {

  private static final Path DOCUMENT = Path.of("COSTS.md");

  @Test
  void theDocumentShowsTheTable() throws IOException {
    assertThat(Files.readString(DOCUMENT))
        .as("paste what is missing from here into " + DOCUMENT)
        .contains("\n" + CostTable.markdown());
  }

  @Test
  void aMillionOfEachIsPricedAsThePagesSay() {
    assertThat(CostTable.dollars(Map.of(Operation.RECORD_READ, 1_000_000)))
        .isCloseTo(0.60, within(1e-9));
    assertThat(CostTable.dollars(Map.of(Operation.OBJECT_CREATED, 1_000_000)))
        .isCloseTo(5, within(1e-9));
    assertThat(CostTable.dollars(Map.of(Operation.PUBLISHED, 1L << 40)))
        .as("as many messages of 1,000 bytes as a TiB has bytes")
        .isCloseTo(40_000, within(1e-6));
    assertThat(CostTable.dollars(Map.of(Operation.ACKNOWLEDGED, 1_000_000))).isZero();
  }
}
