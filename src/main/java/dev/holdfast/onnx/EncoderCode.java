package dev.holdfast.onnx;

/**
 * The TorchScript text of a BERT encoder that pools and normalises: {@code input_ids} and {@code
 * attention_mask} (int64, [batch, tokens]) in, one unit vector a text (fp32, [batch, hidden]) out.
 * Whatever type the weights have, pooling and normalising are done in fp32: they cost next to
 * nothing, and sums of many tokens are where few bits would hurt.
 *
 * @param heads attention heads; they divide {@code hidden}
 * @param hidden the width of the vectors
 */
record EncoderCode(int layers, int heads, int hidden) {

  /** BERT's layer_norm_eps and the smallest norm divided by, as Python prints 1e-12. */
  private static final String EPSILON = "9.9999999999999998e-13";

  /** The name of the last layer's output, [batch, tokens, hidden]. */
  String lastHiddenState() {
    return "x" + layers;
  }

  /**
   * @param weights the type of the archive's tensors
   */
  String forward(WeightType weights) {
    StringBuilder code = new StringBuilder();
    code.append("  def forward(self: __torch__.Model,\n");
    code.append("    input_ids: Tensor,\n");
    code.append("    attention_mask: Tensor) -> Tensor:\n");
    line(code, "b", "torch.size(input_ids, 0)");
    line(code, "n", "torch.size(input_ids, 1)");
    line(code, "words", "torch.embedding(self.word, input_ids)");
    line(code, "e", "torch.add(words, torch.slice(self.position, 0, 0, n))");
    line(code, "x0", layerNorm("e", "embedding_norm"));
    line(code, "keep", cast("torch.ne(attention_mask, 0)", WeightType.FP32));
    line(code, "inverse", "torch.rsub(torch.unsqueeze(torch.unsqueeze(keep, 1), 2), 1.)");
    String bias = "torch.mul(inverse, -10000.)";
    line(code, "bias", weights == WeightType.FP32 ? bias : cast(bias, weights));
    for (int layer = 0; layer < layers; layer++) {
      appendLayer(code, layer);
    }
    line(code, "m", "torch.unsqueeze(keep, 2)");
    String last = lastHiddenState();
    String hidden = weights == WeightType.FP32 ? last : cast(last, WeightType.FP32);
    line(code, "sum", "torch.sum(torch.mul(" + hidden + ", m), [1])");
    line(code, "pooled", "torch.div(sum, torch.clamp_min(torch.sum(m, [1]), 1e-09))");
    line(code, "norm", "torch.norm(pooled, 2, [1], True)");
    code.append("    return torch.div(pooled, torch.clamp_min(norm, " + EPSILON + "))\n");
    return code.toString();
  }

  private void appendLayer(StringBuilder code, int i) {
    String weights = "layer" + i + "_";
    String split = "[b, n, 3, " + heads + ", " + hidden / heads + "]";
    line(code, "qkv" + i, "torch.view(" + linear("x" + i, weights + "qkv") + ", " + split + ")");
    line(
        code,
        "q%1$d, k%1$d, v%1$d,".formatted(i),
        "torch.unbind(torch.permute(qkv" + i + ", [2, 0, 3, 1, 4]))");
    line(
        code,
        "s" + i,
        "torch.scaled_dot_product_attention(q%1$d, k%1$d, v%1$d, bias)".formatted(i));
    line(code, "a" + i, "torch.reshape(torch.transpose(s" + i + ", 1, 2), [b, n, " + hidden + "])");
    line(code, "o" + i, "torch.add(x" + i + ", " + linear("a" + i, weights + "out") + ")");
    line(code, "y" + i, layerNorm("o" + i, weights + "out_norm"));
    line(code, "h" + i, "torch.gelu(" + linear("y" + i, weights + "up") + ")");
    line(code, "d" + i, "torch.add(y" + i + ", " + linear("h" + i, weights + "down") + ")");
    line(code, "x" + (i + 1), layerNorm("d" + i, weights + "down_norm"));
  }

  private static String cast(String input, WeightType type) {
    return "torch.to(" + input + ", " + type.code() + ")";
  }

  private static String linear(String input, String layer) {
    return "torch.linear(%1$s, self.%2$s_weight, self.%2$s_bias)".formatted(input, layer);
  }

  private String layerNorm(String input, String layer) {
    return "torch.layer_norm(%1$s, [%3$d], self.%2$s_weight, self.%2$s_bias, %4$s)"
        .formatted(input, layer, hidden, EPSILON);
  }

  private static void line(StringBuilder code, String name, String expression) {
    code.append("    ").append(name).append(" = ").append(expression).append('\n');
  }
}
