package dev.holdfast.client;

import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

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

  /** One that nobody sees. */
  public static Terminal silent() {
    PrintStream nowhere =
        new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);
    return new Terminal(InputStream.nullInputStream(), nowhere, nowhere, false, Map.of());
  }
}
