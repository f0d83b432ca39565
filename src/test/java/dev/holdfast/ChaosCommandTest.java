package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.client.ExitCode;
import dev.holdfast.client.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code holdfast chaos} refuses before it starts anything. */
@Timeout(60)
class ChaosCommandTest {

  @ParameterizedTest
  @CsvSource({
    "--jobs, 0, --jobs 0 must be from 1 to 10000",
    "--jobs, 10001, --jobs 10001 must be from 1 to 10000",
    "--items, 0, --items 0 must be from 1 to 100000",
    "--items, 100001, --items 100001 must be from 1 to 100000",
    "--kills, -1, --kills -1 must be from 0 to 10000",
    "--workers, 0, --workers 0 must be from 1 to 16",
    "--workers, 17, --workers 17 must be from 1 to 16",
    "--mode, nuke, '--mode nuke must be sigkill, spot or mixed'",
    "--target, aws, --target aws must be local or gcp",
    "--jobs, many, 'Invalid value for option ''--jobs'': ''many'' is not an int'",
    "--seed, 1.5, 'Invalid value for option ''--seed'': ''1.5'' is not a long'",
  })
  void whatCannotBeDoneIsRefusedWithWhatIsAllowed(String option, String value, String sentence) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Terminal terminal =
        new Terminal(
            InputStream.nullInputStream(),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            false,
            Map.of());

    int code = Main.run(terminal, "chaos", option, value);

    assertThat(code).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains(sentence);
    assertThat(out.toString(StandardCharsets.UTF_8)).isEmpty();
  }
}
