package dev.holdfast.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Colours are for people who look. */
class TerminalTest {

  private static Terminal terminal(boolean live, Map<String, String> environment) {
    PrintStream nowhere =
        new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);
    return new Terminal(InputStream.nullInputStream(), nowhere, nowhere, live, environment);
  }

  @Test
  void aPersonSeesWhatWentWellAndWhatDidNot() {
    Terminal watched = terminal(true, Map.of("NO_COLOR", ""));
    assertThat(watched.tinted("w: lost", "lost")).isEqualTo("\033[33mw: lost\033[39m");
    assertThat(watched.tinted("done", "complete")).startsWith("\033[32m");
    assertThat(watched.tinted("no", "failed")).startsWith("\033[31m");
    assertThat(watched.tinted("w began", "processing")).isEqualTo("w began");
  }

  @Test
  void aFileAndWhoeverWantsNoColourGetPlainText() {
    assertThat(terminal(false, Map.of()).tinted("no", "failed")).isEqualTo("no");
    assertThat(terminal(true, Map.of("NO_COLOR", "1")).tinted("no", "failed")).isEqualTo("no");
  }
}
