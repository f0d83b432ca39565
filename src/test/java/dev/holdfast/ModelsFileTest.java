package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.holdfast.job.ModelSpec;
import dev.holdfast.job.ModelSpec.Choice;
import dev.holdfast.job.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelsFileTest {

  @TempDir Path directory;

  private Path file(String yaml) throws IOException {
    return Files.writeString(directory.resolve("models.yaml"), yaml);
  }

  private List<String> problems(String yaml) throws IOException {
    Path file = file(yaml);
    ConfigException refused =
        catchThrowableOfType(ConfigException.class, () -> ModelsFile.read(file, false));
    return refused.problems().stream().map(p -> p.replace(file + ": ", "")).toList();
  }

  @Test
  void theFileThatIsShippedDeclaresTheModelThatIsBuilt() throws ConfigException {
    assertThat(ModelsFile.read(Path.of("holdfast.yaml"), false))
        .containsExactly(
            new ModelSpec(
                "all-MiniLM-L6-v2",
                Path.of("target/models/all-MiniLM-L6-v2").toAbsolutePath(),
                ModelSpec.Kind.TEXT_EMBEDDING,
                "auto",
                new ModelSpec.BatchLimits(32, 512, Duration.ofMillis(5))));
  }

  @Test
  void theStandardBatchFollowsKindAndDevice() throws Exception {
    Path file =
        file(
            """
            models:
              - {name: a, location: a, kind: text-embedding, device: cpu}
              - {name: b, location: b, kind: text-embedding, device: "gpu:1"}
              - {name: c, location: c, kind: tensor, batch: {delay: 20ms}}
              - {name: d, location: /d, kind: text-embedding, batch: {items: 7, tokens: 99}}
            """);

    List<ModelSpec> models = ModelsFile.read(file, true);

    assertThat(models.stream().map(ModelSpec::batch))
        .containsExactly(
            new ModelSpec.BatchLimits(32, 512, Duration.ofMillis(5)),
            new ModelSpec.BatchLimits(256, 16384, Duration.ofMillis(5)),
            new ModelSpec.BatchLimits(16, 1 << 20, Duration.ofMillis(20)),
            new ModelSpec.BatchLimits(7, 99, Duration.ofMillis(5)));
    assertThat(models.get(0).location()).isEqualTo(directory.resolve("a"));
    assertThat(models.get(3).location()).isEqualTo(Path.of("/d"));
  }

  @Test
  void whatIsNotDeclaredIsLeftToMeasuring() throws Exception {
    Path file =
        file(
            """
            models:
              - {name: a, location: a, kind: text-embedding}
              - {name: b, location: b, kind: text-embedding, batch: auto, lanes: 2}
              - {name: c, location: c, kind: text-embedding, batch: standard}
              - {name: d, location: d, kind: text-embedding, batch: {tokens: 9}, lanes: 2}
              - {name: e, location: e, kind: text-embedding, batch: {items: 1, tokens: 9}}
              - name: f
                location: f
                kind: text-embedding
                batch: {items: 1, tokens: 9, delay: 1ms}
              - {name: g, location: g, kind: tensor}
              - {name: h, location: h, kind: tensor, batch: standard}
              - {name: i, location: i, kind: tensor, batch: {items: 3}}
            """);

    assertThat(ModelsFile.read(file, false).stream().map(ModelSpec::open))
        .containsExactly(
            EnumSet.allOf(Choice.class),
            Set.of(Choice.ITEMS, Choice.TOKENS, Choice.DELAY),
            Set.of(),
            Set.of(Choice.ITEMS, Choice.DELAY),
            Set.of(Choice.LANES, Choice.DELAY),
            Set.of(),
            Set.of(),
            Set.of(),
            Set.of());
  }

  @Test
  void aBatchIsAWordOrAMapping() throws IOException {
    assertThat(
            problems(
                """
                models:
                  - {name: a, location: a, kind: tensor, batch: auto}
                  - {name: b, location: b, kind: text-embedding, batch: best}
                  - {name: c, location: c, kind: text-embedding, batch: [3]}
                """))
        .containsExactly(
            "line 2, column 49: batch 'auto' is for text: what tensors to measure with, only you"
                + " know",
            "line 3, column 57: batch must be auto, standard, or a mapping with items, tokens or"
                + " delay",
            "line 4, column 57: batch must be auto, standard, or a mapping with items, tokens or"
                + " delay");
  }

  @Test
  void lanesAreAsDeclaredOrAsUsual() throws Exception {
    Path file =
        file(
            """
            models:
              - {name: a, location: a, kind: text-embedding}
              - {name: b, location: b, kind: text-embedding, lanes: 1}
              - {name: c, location: c, kind: tensor, device: gpu, lanes: 256}
            """);

    assertThat(ModelsFile.read(file, false).stream().map(ModelSpec::lanes))
        .containsExactly(OptionalInt.empty(), OptionalInt.of(1), OptionalInt.of(256));
  }

  @Test
  void thePrecisionIsFp32UnlessItIsSaid() throws Exception {
    Path file =
        file(
            """
            models:
              - {name: a, location: a, kind: text-embedding}
              - {name: b, location: b, kind: text-embedding, precision: bf16}
              - {name: c, location: c, kind: text-embedding, precision: fp16}
              - {name: d, location: d, kind: text-embedding, precision: fp32}
            """);

    assertThat(ModelsFile.read(file, true))
        .extracting(ModelSpec::precision)
        .containsExactly(Precision.FP32, Precision.BF16, Precision.FP16, Precision.FP32);

    assertThat(problems("models: [{name: a, location: a, kind: tensor, precision: half}]"))
        .containsExactly("line 1, column 58: precision 'half' must be fp32, bf16 or fp16");
    assertThat(problems("models: [{name: a, location: a, kind: tensor, precision: [bf16]}]"))
        .containsExactly("line 1, column 58: precision must be a single value: fp32, bf16 or fp16");
  }

  @Test
  void everyProblemIsToldAtOnceWithItsPlace() throws IOException {
    assertThat(
            problems(
                """
                models:
                  - name: a b
                    location: x
                    kind: text
                  - nam: c
                    location: x
                    kind: tensor
                    device: tpu
                    batch: {items: 0, delay: soon, size: 3}
                  - {name: ok, location: x, kind: tensor, lanes: 257}
                  - {name: ok, location: y, kind: tensor}
                version: 1
                """))
        .containsExactlyInAnyOrder(
            "line 12, column 1: the file has no field 'version'; allowed are models",
            "line 2, column 11: name 'a b' must be 1 to 64 letters, digits, dots, dashes or"
                + " underscores",
            "line 4, column 11: kind 'text' must be text-embedding or tensor",
            "line 5, column 5: a model has no field 'nam'; did you mean 'name'?",
            "line 5, column 5: a model must have a name",
            "line 8, column 13: device 'tpu' must be auto, cpu, gpu or gpu:N",
            "line 9, column 20: items '0' must be a whole number from 1 to 4096",
            "line 9, column 30: delay 'soon' must be a duration of at most 10s, such as 5ms",
            "line 9, column 36: batch has no field 'size'; allowed are items, tokens, delay",
            "line 10, column 50: lanes '257' must be a whole number from 1 to 256",
            "line 11, column 12: name 'ok' is the name of another model in this file");
  }

  @Test
  void whatIsNoSuchFileIsRefused() throws IOException {
    assertThat(problems("")).containsExactly("line 1, column 1: models must list 1 to 100 models");
    assertThat(problems("models: []").toString()).contains("models must list 1 to 100 models");
    assertThat(problems("models: [3]").toString()).contains("a model must be a mapping");
    assertThat(problems("- a").toString()).contains("must be a mapping with the field models");
    assertThat(problems("models: [").toString()).contains("line ");
    assertThat(problems("models: 1\nmodels: 2").toString()).contains("'models' is given twice");
    assertThat(problems("models: &a [1]").toString()).contains("anchors and aliases");
    assertThat(problems("models: 1\n---\nmodels: 2").toString()).contains("only one document");
    assertThat(problems("[".repeat(2_000)).toString()).contains("nested more than");
    assertThat(problems("models: [{name: , location: x, kind: tensor}]").toString())
        .contains("name must be a single value");
  }

  @Test
  void aMissingFileIsNamed() {
    Path missing = directory.resolve("none.yaml");

    ConfigException refused =
        catchThrowableOfType(ConfigException.class, () -> ModelsFile.read(missing, false));

    assertThat(refused.problems())
        .containsExactly(
            missing
                + ": there is no such file; it declares the models, and HOLDFAST_MODELS names"
                + " another");
  }
}
