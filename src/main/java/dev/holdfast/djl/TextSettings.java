package dev.holdfast.djl;

import dev.holdfast.worker.InferenceEngine.ModelLoadException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What {@code serving.properties} says about text, with DJL's keys, values and defaults.
 *
 * <table>
 * <caption>Keys; others are left to whoever understands them</caption>
 * <tr><td>truncation</td><td>true, longest_first, only_first, false or do_not_truncate; true.
 * Whether a text that is too long is cut; else its item is refused.</td></tr>
 * <tr><td>maxLength</td><td>The longest text in tokens, special ones included; the tokenizer's own
 * setting.</td></tr>
 * <tr><td>modelMaxLength</td><td>The most tokens that the model can take; 512.</td></tr>
 * <tr><td>addSpecialTokens</td><td>true or false; true.</td></tr>
 * <tr><td>doLowerCase</td><td>true or false; false.</td></tr>
 * <tr><td>includeTokenTypes</td><td>true or false; false. Whether forward takes token_type_ids as a
 * third input.</td></tr>
 * <tr><td>int32</td><td>true or false; false. Whether the inputs are int32 rather than
 * int64.</td></tr>
 * <tr><td>pooling</td><td>mean, cls, max or mean_sqrt_len; mean. How an output of rank 3 becomes
 * one vector a text; an output of rank 2 is already pooled.</td></tr>
 * <tr><td>normalize</td><td>true or false; true. Whether vectors are scaled to length 1.</td></tr>
 * </table>
 *
 * <p>Padding keys have no effect: a batch is padded to its longest text, and padding never changes
 * a row. Keys that would change the vectors in ways that this room does not know are refused.
 */
record TextSettings(
    boolean truncates,
    @Nullable Integer maxLength,
    int modelMaxLength,
    boolean specialTokens,
    boolean lowerCase,
    boolean tokenTypes,
    boolean int32,
    Pooling pooling,
    boolean normalizes) {

  private static final int MODEL_MAX_LENGTH_DEFAULT = 512;

  /** Room for two special tokens and one of the text: below that the tokenizer cannot cut. */
  private static final int LENGTH_MIN = 3;

  private static final int LENGTH_MAX = 1 << 20;

  private static final List<String> UNSUPPORTED =
      List.of(
          "dense",
          "denseActivation",
          "layerNorm",
          "sparse",
          "reranking",
          "tokenizer",
          "tokenizerPath",
          "tokenizerConfigPath");

  static TextSettings of(ServingProperties properties) throws ModelLoadException {
    for (String key : UNSUPPORTED) {
      properties.refuse(key);
    }
    String truncation =
        properties.choice(
            "truncation",
            "true",
            "true",
            "false",
            "longest_first",
            "only_first",
            "do_not_truncate");
    String pooling = properties.choice("pooling", "mean", "mean", "cls", "max", "mean_sqrt_len");
    Integer modelMaxLength = properties.number("modelMaxLength", LENGTH_MIN, LENGTH_MAX);
    return new TextSettings(
        !truncation.equals("false") && !truncation.equals("do_not_truncate"),
        properties.number("maxLength", LENGTH_MIN, LENGTH_MAX),
        modelMaxLength == null ? MODEL_MAX_LENGTH_DEFAULT : modelMaxLength,
        properties.flag("addSpecialTokens", true),
        properties.flag("doLowerCase", false),
        properties.flag("includeTokenTypes", false),
        properties.flag("int32", false),
        Pooling.valueOf(pooling.toUpperCase(Locale.ROOT)),
        properties.flag("normalize", true));
  }

  /** The tokenizer's options. It never pads: a batch pads itself, to its own longest text. */
  Map<String, String> tokenizerOptions() {
    Map<String, String> options = new HashMap<>();
    options.put("padding", "false");
    options.put("truncation", Boolean.toString(truncates));
    options.put("modelMaxLength", Integer.toString(modelMaxLength));
    options.put("addSpecialTokens", Boolean.toString(specialTokens));
    // Overlap between the windows of a cut text, of which only the first is used. As large as the
    // window, as a tokenizer.json may have it, it would end the process.
    options.put("stride", "0");
    // A language tag rather than true, which would mean the machine's own locale.
    options.put("doLowerCase", lowerCase ? "en" : "false");
    if (maxLength != null) {
      options.put("maxLength", Integer.toString(Math.min(maxLength, modelMaxLength)));
    }
    return options;
  }
}
