package dev.holdfast;

/** Somebody else's text in a message of ours: bounded, and without control characters. */
final class Shown {

  private static final int CHARS_MAX = 80;

  private Shown() {}

  static String of(String text) {
    String bounded = text.length() > CHARS_MAX ? text.substring(0, CHARS_MAX) + "…" : text;
    return bounded.replaceAll("\\p{Cntrl}", "?");
  }
}
