package dev.holdfast.emulator;

import io.vertx.core.http.HttpServerRequest;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A request with its path and query taken apart.
 *
 * @param path its segments, decoded one by one: an object's name is one segment whatever it holds
 */
record StorageCall(HttpServerRequest request, List<String> path, Map<String, String> query) {

  /**
   * @throws StorageRefusal if an escape is damaged
   */
  static StorageCall of(HttpServerRequest request) {
    String uri = request.uri();
    int mark = uri.indexOf('?');
    List<String> path = new ArrayList<>();
    for (String segment : (mark < 0 ? uri : uri.substring(0, mark)).substring(1).split("/", -1)) {
      path.add(decode(segment));
    }
    Map<String, String> query = new HashMap<>();
    if (mark >= 0) {
      for (String pair : uri.substring(mark + 1).split("&", -1)) {
        int equals = pair.indexOf('=');
        query.put(
            decode(equals < 0 ? pair : pair.substring(0, equals)),
            equals < 0 ? "" : decode(pair.substring(equals + 1)));
      }
    }
    return new StorageCall(request, List.copyOf(path), Map.copyOf(query));
  }

  /** A plus sign stands for itself here, unlike in forms. */
  private static String decode(String escaped) {
    try {
      return URLDecoder.decode(escaped.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw StorageRefusal.invalid("The URL holds a damaged escape.");
    }
  }

  Optional<String> text(String name) {
    return Optional.ofNullable(query.get(name)).filter(value -> !value.isEmpty());
  }

  /**
   * @throws StorageRefusal if it is there and no whole number
   */
  OptionalLong number(String name) {
    Optional<String> text = text(name);
    if (text.isEmpty()) {
      return OptionalLong.empty();
    }
    try {
      return OptionalLong.of(Long.parseLong(text.get()));
    } catch (NumberFormatException e) {
      throw StorageRefusal.invalid("Invalid value for " + name + ".");
    }
  }

  Precondition precondition() {
    return new Precondition(number("ifGenerationMatch"), number("ifGenerationNotMatch"));
  }

  /** What an object's generation must be or not be; 0 is that of no object. */
  record Precondition(OptionalLong match, OptionalLong notMatch) {

    static final Precondition NONE = new Precondition(OptionalLong.empty(), OptionalLong.empty());

    /**
     * @throws StorageRefusal if it does not hold
     */
    void check(long generation) {
      if ((match.isPresent() && match.getAsLong() != generation)
          || (notMatch.isPresent() && notMatch.getAsLong() == generation)) {
        throw StorageRefusal.conditionNotMet();
      }
    }
  }
}
