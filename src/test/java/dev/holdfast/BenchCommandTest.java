package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.client.ExitCode;
import dev.holdfast.client.Terminal;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The verb on the shipped model. */
@Timeout(120)
class BenchCommandTest {

  private static final String MODEL = "all-MiniLM-L6-v2";

  @TempDir Path directory;
  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
  private final ByteArrayOutputStream said = new ByteArrayOutputStream();

  private int run(String... args) {
    printed.reset();
    said.reset();
    String models = Path.of("holdfast.yaml").toAbsolutePath().toString();
    return Main.run(
        new Terminal(
            InputStream.nullInputStream(),
            new PrintStream(printed, true, StandardCharsets.UTF_8),
            new PrintStream(said, true, StandardCharsets.UTF_8),
            false,
            Map.of("HOLDFAST_MODELS", models)),
        args);
  }

  private List<String> printed() {
    return printed.toString(StandardCharsets.UTF_8).lines().toList();
  }

  private String said() {
    return said.toString(StandardCharsets.UTF_8);
  }

  @Test
  void itSuggestsLimitsThatTheFileOfModelsTakesAndCountsWhatAnHourBuys() throws Exception {
    Path file = Files.writeString(directory.resolve("in.jsonl"), "\"short\"\n\n\"a bit longer\"\n");
    int code =
        run(
            "bench",
            "--model",
            MODEL,
            "--file",
            file.toString(),
            "--time",
            "1s",
            "--price-per-hour",
            "0.5",
            "--json");
    assertThat(code).as(said()).isEqualTo(ExitCode.OK);
    assertThat(said()).contains("2 of 2 items, 3 to 5 tokens", "items/s");
    assertThat(printed().get(0)).startsWith("as configured:  batch: {items: ");
    assertThat(printed()).anyMatch(l -> l.matches("at 0\\.5 an hour: [0-9]+ items for 1, .*"));
    JsonObject json = new JsonObject(printed().get(printed().size() - 1));
    assertThat(json.getDouble("itemsForOne"))
        .isEqualTo(json.getJsonObject("suggested").getDouble("itemsPerSecond") * 7_200);
    assertThat(json.getDouble("priceOfMillionItems"))
        .isEqualTo(1e6 / json.getDouble("itemsForOne"));
    assertThat(json.getJsonArray("points").size()).isPositive();
    Path suggested =
        Files.writeString(
            directory.resolve("holdfast.yaml"),
            "models:\n  - name: m\n    location: m\n    kind: text-embedding\n    "
                + json.getString("batch")
                + "\n");
    assertThat(ModelsFile.read(suggested).get(0).batch().itemsMax())
        .isEqualTo(json.getJsonObject("suggested").getInteger("items"));
  }

  @Test
  void whatCannotBeMeasuredIsSaidWithWhatIsAllowed() throws Exception {
    assertThat(run("bench", "--model", "no-such")).isEqualTo(ExitCode.USAGE);
    assertThat(said()).contains("no-such", MODEL);
    Path broken = Files.writeString(directory.resolve("broken.jsonl"), "\"fine\"\n{broken\n");
    assertThat(run("bench", "--model", MODEL, "--file", broken.toString()))
        .isEqualTo(ExitCode.USAGE);
    assertThat(said()).contains("broken.jsonl:2: ", "not JSON");
    assertThat(run("bench", "--model", MODEL, "--time", "0s")).isEqualTo(ExitCode.USAGE);
    assertThat(said()).contains("--time 0s must be from 1s to 1h");
    assertThat(run("bench", "--model", MODEL, "--price-per-hour", "cheap"))
        .isEqualTo(ExitCode.USAGE);
    assertThat(said()).contains("PRICE_PER_HOUR", "such as 0.71");
  }
}
