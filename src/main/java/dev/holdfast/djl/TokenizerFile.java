package dev.holdfast.djl;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.file.Path;

/** What the tokenizer library does not tell about a {@code tokenizer.json}. */
final class TokenizerFile {

  /** What the library pads with if the file does not say. */
  private static final long PAD_ID_DEFAULT = 0;

  private TokenizerFile() {}

  /** The id of the padding token. Some models count positions by it, so it matters. */
  static long padId(Path file) throws IOException {
    try (JsonParser json = new JsonFactory().createParser(file.toFile())) {
      return enter(json, "padding") && enter(json, "pad_id")
          ? json.getValueAsLong(PAD_ID_DEFAULT)
          : PAD_ID_DEFAULT;
    }
  }

  /** Moves from before an object to the value of one of its fields; false if it has none. */
  private static boolean enter(JsonParser json, String field) throws IOException {
    JsonToken token = json.currentToken() == null ? json.nextToken() : json.currentToken();
    if (token != JsonToken.START_OBJECT) {
      return false;
    }
    for (String name = json.nextFieldName(); name != null; name = json.nextFieldName()) {
      json.nextToken();
      if (name.equals(field)) {
        return true;
      }
      json.skipChildren();
    }
    return false;
  }
}
