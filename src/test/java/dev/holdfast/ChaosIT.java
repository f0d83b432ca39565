package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.client.ExitCode;
import dev.holdfast.client.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A short run of {@code holdfast chaos}, on real processes and the real model. */
@Timeout(400)
class ChaosIT {

  @Test
  void evictionsAndKillsCostNothingThatAnyoneCanSee() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Map<String, String> environment = new HashMap<>(System.getenv());
    environment.put("HOLDFAST_MODELS", Path.of("holdfast.yaml").toAbsolutePath().toString());
    Terminal terminal =
        new Terminal(
            InputStream.nullInputStream(),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8),
            false,
            environment);

    int code =
        Main.run(
            terminal,
            "chaos",
            "--jobs",
            "30",
            "--items",
            "600",
            "--kills",
            "6",
            "--workers",
            "2",
            "--seed",
            "11",
            "--json");

    String said = out.toString(StandardCharsets.UTF_8);
    assertThat(code).as(said).isEqualTo(ExitCode.OK);
    JsonNode report = JsonMapper.builder().build().readTree(said);
    assertThat(report.path("lost").asInt()).isZero();
    assertThat(report.path("duplicated").asInt()).isZero();
    assertThat(report.path("differing").asInt()).isZero();
    assertThat(report.path("kills").asInt()).isEqualTo(6);
    assertThat(report.path("violations")).isEmpty();
    assertThat(report.path("hand_over_seconds").path("count").asInt()).isPositive();
    assertThat(report.path("recovery_seconds").path("count").asInt()).isPositive();
    System.out.println(said);
  }
}
