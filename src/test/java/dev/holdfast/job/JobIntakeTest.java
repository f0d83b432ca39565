package dev.holdfast.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.contract.Futures;
import dev.holdfast.embedded.Embedded;
import dev.holdfast.job.JobQueue.Message;
import dev.holdfast.world.ManualClock;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JobIntakeTest {

  private static final String TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  @TempDir Path directory;
  private final ManualClock clock = new ManualClock();
  private Embedded embedded;
  private JobIntake intake;

  @BeforeEach
  void open() throws Exception {
    embedded = Embedded.open(directory, Optional.empty(), clock);
    JobRecords records = new JobRecords(embedded.store(), embedded.events(), clock);
    intake = new JobIntake(embedded.store(), embedded.queue(), records, clock);
  }

  @AfterEach
  void close() {
    embedded.close();
  }

  private Map<String, String> attributes(JobSpec spec) {
    JobId id = JobId.random();
    Futures.await(intake.submit(id, spec));
    Message message =
        Futures.await(embedded.queue().pull(1, Duration.ofSeconds(30), Duration.ZERO))
            .get(0)
            .message();
    assertThat(message.job()).isEqualTo(id);
    return message.attributes();
  }

  @Test
  void aMessageNamesModelTenantAndTrace() {
    JobSpec.Input input = new JobSpec.Inline("\"a\"\n", 1);
    assertThat(attributes(new JobSpec("m", input, Map.of("team", "x"), 3, null, null)))
        .isEqualTo(Map.of(Message.MODEL, "m"));
    assertThat(
            attributes(
                new JobSpec(
                    "m",
                    input,
                    Map.of("tenant", "acme"),
                    3,
                    null,
                    null,
                    TRACE,
                    null,
                    RowEncoding.JSON)))
        .isEqualTo(Map.of(Message.MODEL, "m", Message.TENANT, "acme", Message.TRACEPARENT, TRACE));
  }
}
