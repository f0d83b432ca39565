package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.client.HoldfastClient;
import dev.holdfast.client.JobView;
import dev.holdfast.client.Terminal;
import dev.holdfast.client.Watch;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is promised for a SIGKILL with default settings, on real processes and the real model. */
@Timeout(300)
class DefaultSettingsIT {

  /** What a span grows to at most within a first hour without a loss. */
  private static final Duration SPAN_MAX = Duration.ofSeconds(14);

  private static final Duration MOVES_ON_WITHIN = Duration.ofSeconds(35);
  private static final int ITEMS = 2_500;

  @TempDir Path directory;

  @Test
  void aKilledWorkersJobMovesOnAndLosesNoMoreThanASpan() throws Exception {
    SystemClock clock = new SystemClock();
    Config config =
        Config.read(
            Map.of(
                "HOLDFAST_DATA", directory.resolve("data").toString(),
                "HOLDFAST_PORT", "0",
                "HOLDFAST_MANAGEMENT_PORT", "0"),
            Config.Role.API);
    BlockingQueue<String> said = new LinkedBlockingQueue<>();
    try (LocalStack stack = LocalStack.start(config, 2, clock, said::add)) {
      for (Optional<String> why = stack.notReady(); why.isPresent(); why = stack.notReady()) {
        String news = said.poll(100, TimeUnit.MILLISECONDS);
        assertThat(news == null || !news.contains("ended")).as("%s; %s", news, why).isTrue();
      }
      HoldfastClient client = new HoldfastClient("http://127.0.0.1:" + stack.port());
      Path input = directory.resolve("input.jsonl");
      Demo.write(input, ITEMS);
      ObjectNode body =
          JsonMapper.builder().build().createObjectNode().put("model", "all-MiniLM-L6-v2");
      body.putObject("input").put("input_id", client.upload(input));
      JobView job = client.submit(body, "defaults");
      Watch watch = new Watch(client, Terminal.silent(), false);
      job = watch.until(job, seen -> seen.done() > ITEMS / 2 && seen.worker() != null);
      String killed = String.valueOf(job.worker());
      Instant killedAt = clock.instant();
      assertThat(stack.kill(killed)).isTrue();
      job = watch.until(job, seen -> false);

      assertThat(job.state()).isEqualTo("complete");
      JsonNode attempts = job.json().path("attempts");
      assertThat(attempts).hasSize(2);
      JsonNode first = attempts.get(0);
      Instant movedOn = Instant.parse(attempts.get(1).path("started_at").asText());
      assertThat(Duration.between(killedAt, movedOn)).isLessThan(MOVES_ON_WITHIN);
      assertThat(job.recomputed()).isLessThanOrEqualTo(spanItems(first, killedAt));
      Path result = directory.resolve("result.jsonl");
      try (OutputStream out = Files.newOutputStream(result)) {
        client.download(job.id(), (bytes, length) -> out.write(bytes, 0, length));
      }
      assertThat(RowCheck.of(result, ITEMS)).isEqualTo(new RowCheck.Counts(0, 0));
    } finally {
      clock.close();
    }
  }

  /** How many items the first attempt inferred in one span, and a window for the rounding. */
  private static long spanItems(JsonNode attempt, Instant killedAt) {
    Instant started = Instant.parse(attempt.path("started_at").asText());
    double seconds = Duration.between(started, killedAt).toMillis() / 1e3;
    double perSecond = attempt.path("reached_item").asLong() / seconds;
    return Math.round(perSecond * SPAN_MAX.toMillis() / 1e3) + 256;
  }
}
