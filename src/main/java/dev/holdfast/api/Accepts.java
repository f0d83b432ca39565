package dev.holdfast.api;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Which of the media types on offer an {@code Accept} header likes best. */
final class Accepts {

  private static final int RANGES_MAX = 32;

  private Accepts() {}

  /**
   * @param offered in the order of our own liking, lower case
   * @return empty if the header allows none of them
   */
  static Optional<String> best(String header, List<String> offered) {
    String best = null;
    double bestQuality = 0;
    String[] ranges = header.toLowerCase(Locale.ROOT).split(",", RANGES_MAX);
    for (String type : offered) {
      double quality = quality(ranges, type);
      if (quality > bestQuality) {
        best = type;
        bestQuality = quality;
      }
    }
    return Optional.ofNullable(best);
  }

  /** The quality that the most specific range gives the type; 0 if none does. */
  private static double quality(String[] ranges, String type) {
    int specific = -1;
    double quality = 0;
    for (String range : ranges) {
      String[] parts = range.split(";", -1);
      String name = parts[0].strip();
      int match =
          name.equals(type)
              ? 2
              : name.equals(type.substring(0, type.indexOf('/')) + "/*")
                  ? 1
                  : name.equals("*/*") ? 0 : -1;
      if (match > specific) {
        specific = match;
        quality = weight(parts);
      }
    }
    return quality;
  }

  private static double weight(String[] parts) {
    for (int i = 1; i < parts.length; i++) {
      String parameter = parts[i].replace(" ", "");
      if (parameter.matches("q=[01](\\.[0-9]{0,3})?")) {
        return Double.parseDouble(parameter.substring(2));
      }
    }
    return 1;
  }
}
