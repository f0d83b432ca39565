package dev.holdfast;

import dev.holdfast.YamlTree.Mapping;
import dev.holdfast.YamlTree.Node;
import dev.holdfast.YamlTree.Scalar;
import dev.holdfast.job.ModelSpec.BatchLimits;
import dev.holdfast.job.ModelSpec.Choice;
import dev.holdfast.job.ModelSpec.Kind;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How a model is run, as the file of models has it: lanes and micro-batches. What is missing is
 * left to measuring, unless {@code batch} is {@code standard}; there is no measuring with tensors,
 * which only their owner knows.
 */
final class BatchFields {

  private static final String AUTO = "auto";
  private static final String STANDARD = "standard";

  private static final int LANES_MAX = 256;
  private static final int ITEMS_MAX = 4_096;
  private static final int TOKENS_MAX = 1 << 26;
  private static final Duration DELAY_MAX = Duration.ofSeconds(10);
  private static final Duration DELAY_STANDARD = Duration.ofMillis(5);
  private static final List<String> FIELDS = List.of("items", "tokens", "delay");

  private final ModelsFile file;
  private final Mapping model;

  /**
   * @param file hears of what is wrong
   */
  BatchFields(ModelsFile file, Mapping model) {
    this.file = file;
    this.model = model;
  }

  OptionalInt lanes() {
    return whole(model, "lanes", LANES_MAX);
  }

  /**
   * @param gpu whether the device is one: decides the standard
   */
  BatchLimits batch(Kind kind, boolean gpu) {
    BatchLimits standard = standard(kind, gpu);
    Node node = ModelsFile.child(model, "batch");
    if (node instanceof Mapping batch) {
      file.onlyFields(batch, FIELDS, "batch");
      return new BatchLimits(
          whole(batch, "items", ITEMS_MAX).orElse(standard.itemsMax()),
          whole(batch, "tokens", TOKENS_MAX).orElse(standard.tokensMax()),
          delay(batch).orElse(standard.delayMax()));
    }
    if (node == null || is(node, STANDARD)) {
      return standard;
    }
    if (!is(node, AUTO)) {
      file.wrong(node, "batch must be auto, standard, or a mapping with items, tokens or delay");
    } else if (kind == Kind.TENSOR) {
      file.wrong(node, "batch 'auto' is for text: what tensors to measure with, only you know");
    }
    return standard;
  }

  /** What is left to measuring. */
  Set<Choice> open(Kind kind) {
    Node node = ModelsFile.child(model, "batch");
    if (kind == Kind.TENSOR || is(node, STANDARD)) {
      return Set.of();
    }
    Set<Choice> open = EnumSet.of(Choice.ITEMS, Choice.TOKENS, Choice.DELAY);
    if (node instanceof Mapping batch) {
      open.removeIf(choice -> batch.fields().containsKey(choice.name().toLowerCase(Locale.ROOT)));
    }
    if (!open.isEmpty() && !model.fields().containsKey("lanes")) {
      open.add(Choice.LANES);
    }
    return open;
  }

  private static boolean is(@Nullable Node node, String word) {
    return node instanceof Scalar scalar && scalar.text().equals(word);
  }

  /**
   * Measured on two cores, small batches of like length are as fast as large ones, so a CPU gets
   * those; a GPU wants work in bulk.
   */
  private static BatchLimits standard(Kind kind, boolean gpu) {
    return switch (kind) {
      case TEXT_EMBEDDING ->
          gpu
              ? new BatchLimits(256, 16_384, DELAY_STANDARD)
              : new BatchLimits(32, 512, DELAY_STANDARD);
      case TENSOR -> new BatchLimits(16, 1 << 20, DELAY_STANDARD);
    };
  }

  private OptionalInt whole(Mapping fields, String name, int max) {
    Optional<String> text = file.optional(fields, name);
    if (text.isEmpty()) {
      return OptionalInt.empty();
    }
    try {
      int value = Integer.parseInt(text.get());
      if (value >= 1 && value <= max) {
        return OptionalInt.of(value);
      }
    } catch (NumberFormatException e) {
      // falls through: not a number and out of bounds are told the same way
    }
    file.wrongField(fields, name, "must be a whole number from 1 to %d".formatted(max));
    return OptionalInt.empty();
  }

  private Optional<Duration> delay(Mapping fields) {
    Optional<String> text = file.optional(fields, "delay");
    if (text.isEmpty()) {
      return Optional.empty();
    }
    Optional<Duration> delay =
        DurationText.parse(text.get()).filter(parsed -> parsed.compareTo(DELAY_MAX) <= 0);
    if (delay.isEmpty()) {
      file.wrongField(fields, "delay", "must be a duration of at most 10s, such as 5ms");
    }
    return delay;
  }
}
