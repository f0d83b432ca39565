package dev.holdfast;

import dev.holdfast.YamlTree.Entry;
import dev.holdfast.YamlTree.Mapping;
import dev.holdfast.YamlTree.Node;
import dev.holdfast.YamlTree.Scalar;
import dev.holdfast.job.Precision;
import java.util.Optional;
import java.util.function.BiConsumer;

/** A model's {@code precision} in the file that declares the models. */
final class PrecisionField {

  static final String NAME = "precision";

  private PrecisionField() {}

  /**
   * @param wrong is told a value that is none, and what is wrong with it
   * @return fp32 if the field is absent or wrong
   */
  static Precision read(Mapping model, BiConsumer<Node, String> wrong) {
    Entry entry = model.fields().get(NAME);
    if (entry == null) {
      return Precision.FP32;
    }
    if (!(entry.value() instanceof Scalar scalar)) {
      wrong.accept(entry.value(), "precision must be a single value: fp32, bf16 or fp16");
      return Precision.FP32;
    }
    Optional<Precision> precision = Precision.ofWireName(scalar.text());
    if (precision.isEmpty()) {
      wrong.accept(
          scalar, "precision '%s' must be fp32, bf16 or fp16".formatted(Shown.of(scalar.text())));
    }
    return precision.orElse(Precision.FP32);
  }
}
