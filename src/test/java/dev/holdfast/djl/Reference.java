package dev.holdfast.djl;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Texts with the vectors that ONNX Runtime gives for them, cut at 128 tokens. */
record Reference(List<String> texts, List<float[]> vectors) {

  static final int TOKENS_MAX = 128;

  static Reference read() {
    try (InputStream in = Reference.class.getResourceAsStream("/minilm-reference.json")) {
      List<String> texts = new ArrayList<>();
      List<float[]> vectors = new ArrayList<>();
      for (JsonNode each : new ObjectMapper().readTree(Objects.requireNonNull(in)).get("cases")) {
        texts.add(each.get("text").asText());
        float[] vector = new float[each.get("embedding").size()];
        for (int i = 0; i < vector.length; i++) {
          vector[i] = (float) each.get("embedding").get(i).asDouble();
        }
        vectors.add(vector);
      }
      return new Reference(texts, vectors);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
