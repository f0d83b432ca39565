package dev.holdfast;

/** A setting that is on or off. */
final class TrueOrFalse {

  private TrueOrFalse() {}

  /** Whether it is {@code true}; anything but {@code true} and {@code false} is a problem. */
  static boolean read(ConfigReader reader, Setting setting) {
    String text = reader.text(setting);
    if (!text.equals("true") && !text.equals("false")) {
      reader.wrong(setting, "must be true or false");
    }
    return text.equals("true");
  }
}
