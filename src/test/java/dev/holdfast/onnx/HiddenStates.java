package dev.holdfast.onnx;

import java.io.IOException;
import java.nio.file.Path;

/** Writes the shipped encoder without its own pooling, as most exported encoders are. */
public final class HiddenStates {

  private HiddenStates() {}

  /** Where the build leaves the ONNX file and the tokenizer that the shipped model is made from. */
  static Path source(String name) {
    Path model = Path.of(System.getProperty("holdfast.model"));
    return model.resolveSibling("../minilm/" + name).normalize();
  }

  /**
   * @param returned a TorchScript expression over {@code hidden} [batch, tokens, width] and {@code
   *     pooled} [batch, width]
   * @param type its type
   */
  public static void write(Path archive, String type, String returned) throws IOException {
    SentenceEncoder encoder = SentenceEncoder.read(source("all-minilm-l6-v2.onnx"));
    String code = encoder.code().forward(WeightType.FP32);
    String body = code.substring(0, code.lastIndexOf("    return "));
    String hidden = "    hidden = " + encoder.code().lastHiddenState() + "\n";
    encoder
        .archive()
        .write(
            archive,
            body.replace("attention_mask: Tensor) -> Tensor", "attention_mask: Tensor) -> " + type)
                + hidden
                + "    return "
                + returned
                + "\n");
  }
}
