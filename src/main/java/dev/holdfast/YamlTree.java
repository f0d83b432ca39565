package dev.holdfast;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** YAML as a tree that remembers where each value stood. */
final class YamlTree {

  private static final int DEPTH_MAX = 16;

  private YamlTree() {}

  /** A value and its place, both counted from 1. */
  sealed interface Node {
    int line();

    int column();
  }

  /** A string, number, boolean or null, as it was written. */
  record Scalar(int line, int column, String text, boolean isString) implements Node {}

  record Sequence(int line, int column, List<Node> items) implements Node {}

  record Mapping(int line, int column, Map<String, Entry> fields) implements Node {}

  /** A field's value, and where its name stood. */
  record Entry(int line, int column, Node value) {}

  /** A text that is not YAML, or YAML of a kind that is not taken. */
  static final class YamlException extends Exception {
    private static final long serialVersionUID = 1L;

    YamlException(int line, int column, String problem) {
      super("line %d, column %d: %s".formatted(line, column, problem));
    }
  }

  /**
   * Reads the one document that {@code text} holds.
   *
   * @throws YamlException with the first place where it cannot be read
   */
  static Node read(String text) throws YamlException {
    try (YAMLParser parser = new YAMLFactory().createParser(text)) {
      if (parser.nextToken() == null) {
        return new Mapping(1, 1, Map.of());
      }
      Node node = node(parser, 0);
      if (parser.nextToken() != null) {
        throw failure(parser, "only one document is allowed");
      }
      return node;
    } catch (JsonProcessingException e) {
      JsonLocation at = e.getLocation();
      throw new YamlException(
          at == null ? 1 : Math.max(1, at.getLineNr()),
          at == null ? 1 : Math.max(1, at.getColumnNr()),
          e.getOriginalMessage().lines().findFirst().orElse("not YAML"));
    } catch (IOException e) {
      throw new YamlException(1, 1, String.valueOf(e.getMessage()));
    }
  }

  private static Node node(YAMLParser parser, int depth) throws IOException, YamlException {
    JsonLocation at = parser.currentTokenLocation();
    int line = at.getLineNr();
    int column = at.getColumnNr();
    if (depth > DEPTH_MAX) {
      throw failure(parser, "nested more than %d deep".formatted(DEPTH_MAX));
    }
    if (parser.isCurrentAlias() || parser.getObjectId() != null) {
      throw failure(parser, "anchors and aliases are not allowed; write the value out");
    }
    JsonToken token = parser.currentToken();
    if (token == JsonToken.START_ARRAY) {
      List<Node> items = new ArrayList<>();
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        items.add(node(parser, depth + 1));
      }
      return new Sequence(line, column, items);
    }
    if (token == JsonToken.START_OBJECT) {
      Map<String, Entry> fields = new LinkedHashMap<>();
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        JsonLocation name = parser.currentTokenLocation();
        String field = parser.currentName();
        if (fields.containsKey(field)) {
          throw failure(parser, "'%s' is given twice".formatted(field));
        }
        parser.nextToken();
        fields.put(field, new Entry(name.getLineNr(), name.getColumnNr(), node(parser, depth + 1)));
      }
      return new Mapping(line, column, fields);
    }
    String text = parser.getText();
    return new Scalar(line, column, text, token == JsonToken.VALUE_STRING);
  }

  private static YamlException failure(YAMLParser parser, String problem) {
    JsonLocation at = parser.currentTokenLocation();
    return new YamlException(at.getLineNr(), at.getColumnNr(), problem);
  }
}
