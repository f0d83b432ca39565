package dev.holdfast.job;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A model as the configuration declares it.
 *
 * @param location a model directory: a TorchScript archive, {@code serving.properties}, and for
 *     text {@code tokenizer.json}
 * @param device {@code auto}, {@code cpu}, {@code gpu} or {@code gpu:N}
 * @param lanes how many batches are inferred at once on each device; empty for as many as usual
 * @param open what the declaration leaves to measuring; until then there are standards in its place
 */
public record ModelSpec(
    String name,
    Path location,
    Kind kind,
    String device,
    BatchLimits batch,
    OptionalInt lanes,
    Set<Choice> open,
    Precision precision) {

  public ModelSpec {
    // In one order, so that equal declarations are equal as text, too.
    open = open.isEmpty() ? Set.of() : Collections.unmodifiableSet(EnumSet.copyOf(open));
  }

  /** In fp32, with as many lanes as usual, and nothing to measure. */
  public ModelSpec(String name, Path location, Kind kind, String device, BatchLimits batch) {
    this(name, location, kind, device, batch, OptionalInt.empty(), Set.of(), Precision.FP32);
  }

  /** The same model, run in these batches. */
  public ModelSpec batched(BatchLimits limits) {
    return new ModelSpec(name, location, kind, device, limits, lanes, open, precision);
  }

  /** What can be measured rather than declared. */
  public enum Choice {
    LANES,
    ITEMS,
    TOKENS,
    DELAY
  }

  /** What goes in and what comes out. */
  public enum Kind {
    /** Text in, one vector out. */
    TEXT_EMBEDDING("text-embedding"),
    /** Named tensors in, named tensors out, as in the Open Inference Protocol v2. */
    TENSOR("tensor");

    private final String wireName;

    Kind(String wireName) {
      this.wireName = wireName;
    }

    public String wireName() {
      return wireName;
    }

    public static Optional<Kind> ofWireName(String name) {
      for (Kind kind : values()) {
        if (kind.wireName.equals(name)) {
          return Optional.of(kind);
        }
      }
      return Optional.empty();
    }
  }

  /**
   * Bounds of one micro-batch.
   *
   * @param itemsMax items, from 1; 1 means that the model cannot batch
   * @param tokensMax items times the longest of them, in tokens (for tensors: in elements); a
   *     single item may exceed it
   * @param delayMax how long the oldest item waits for company
   */
  public record BatchLimits(int itemsMax, int tokensMax, Duration delayMax) {}
}
