package dev.holdfast.client;

import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import picocli.CommandLine.Help.Ansi.Style;

/**
 * What a verb sees of the world outside: its streams and its environment.
 *
 * @param live whether a person watches {@code err}, so that lines may be drawn over
 */
public record Terminal(
    InputStream in,
    PrintStream out,
    PrintStream err,
    boolean live,
    Map<String, String> environment) {

  public Terminal {
    environment = Map.copyOf(environment);
  }

  /**
   * Colours a state of a job or an attempt where a person looks, unless {@code NO_COLOR} is set
   * (see no-color.org).
   */
  String tinted(String text, String state) {
    if (!live || !environment.getOrDefault("NO_COLOR", "").isEmpty()) {
      return text;
    }
    Style style =
        switch (state) {
          case "complete" -> Style.fg_green;
          case "failed" -> Style.fg_red;
          case "interrupted", "lost", "fenced_out", "cancelled" -> Style.fg_yellow;
          default -> Style.reset;
        };
    return style == Style.reset ? text : style.on() + text + style.off();
  }

  /** One that nobody sees. */
  public static Terminal silent() {
    PrintStream nowhere =
        new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);
    return new Terminal(InputStream.nullInputStream(), nowhere, nowhere, false, Map.of());
  }
}
