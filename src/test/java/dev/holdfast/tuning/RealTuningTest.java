package dev.holdfast.tuning;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Sentences;
import dev.holdfast.djl.DjlEngine;
import dev.holdfast.job.ModelSpec;
import dev.holdfast.job.ModelSpec.BatchLimits;
import dev.holdfast.job.ModelSpec.Choice;
import dev.holdfast.job.Precision;
import dev.holdfast.worker.InferenceEngine.LoadedModel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The shipped model, measured for a moment. */
@Timeout(120)
class RealTuningTest {

  @TempDir Path cache;

  @Test
  void theSecondStartKnowsWhatTheFirstHasMeasured() throws Exception {
    ModelSpec spec =
        new ModelSpec(
            "shipped",
            Path.of(System.getProperty("holdfast.model")),
            ModelSpec.Kind.TEXT_EMBEDDING,
            "cpu",
            new BatchLimits(32, 512, Duration.ofMillis(5)),
            OptionalInt.empty(),
            EnumSet.allOf(Choice.class),
            Precision.FP32);
    List<String> told = new ArrayList<>();
    BatchLimits measured;
    int lanes;
    try (LoadedModel first = load(spec, told)) {
      measured = first.spec().batch();
      lanes = first.lanes();
      assertThat(first.hardware().name())
          .contains(Runtime.getRuntime().availableProcessors() + " processors", "PyTorch 2.");
    }
    assertThat(told).contains("model shipped is being measured");
    assertThat(lanes).isBetween(1, Runtime.getRuntime().availableProcessors());
    assertThat(measured.tokensMax()).isPositive();
    told.clear();
    try (LoadedModel second = load(spec, told)) {
      assertThat(second.spec().batch()).isEqualTo(measured);
      assertThat(second.lanes()).isEqualTo(lanes);
    }
    assertThat(told).isEmpty();
  }

  private LoadedModel load(ModelSpec spec, List<String> told) throws Exception {
    return new TunedEngine(
            new DjlEngine(), Duration.ofSeconds(1), new TuningCache(cache), Sentences::at)
        .load(spec, told::add);
  }
}
