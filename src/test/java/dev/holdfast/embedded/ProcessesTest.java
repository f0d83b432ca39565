package dev.holdfast.embedded;

import static dev.holdfast.contract.Futures.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.SystemClock;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobQueue.Message;
import dev.holdfast.job.ObjectStore.Info;
import dev.holdfast.world.Messages;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two real processes on one data directory. */
@Timeout(60)
class ProcessesTest {

  private static final int OBJECT_BYTES = 200_000;

  @TempDir private Path data;
  private final SystemClock clock = new SystemClock();

  @AfterEach
  void close() {
    clock.close();
  }

  @Test
  void anotherProcessTakesEachMessageOnce() throws Exception {
    Process child = ChildProcess.start(data, "echo");
    try (BufferedReader lines = child.inputReader();
        Embedded embedded = Embedded.open(data, Optional.empty(), clock)) {
      Set<String> published = new HashSet<>();
      Set<String> taken = new HashSet<>();
      for (int i = 0; i < 200; i++) {
        JobId id = JobId.random();
        published.add(id.value());
        await(embedded.queue().publish(new Message(id, Map.of())));
      }
      for (int i = 0; i < 200; i++) {
        assertThat(taken.add(nextJob(lines))).as("delivered once").isTrue();
      }
      assertThat(taken).isEqualTo(published);
      assertThat(Messages.in(data, clock).waiting()).isZero();
    } finally {
      child.destroyForcibly().waitFor();
    }
  }

  @Test
  void aKilledProcessLosesNothingThatWasDurableAndLeavesNothingInPart() throws Exception {
    List<String> durable = new ArrayList<>();
    for (int round = 1; round <= 3; round++) {
      Process child = ChildProcess.start(data, "write");
      try (BufferedReader lines = child.inputReader()) {
        for (int i = 0; i < 20 * round; i++) {
          durable.add(nextJob(lines));
        }
        // SIGKILL, in the middle of the next writes
        child.destroyForcibly();
        lines
            .lines()
            .flatMap(line -> JobId.parse(line).stream())
            .forEach(id -> durable.add(id.value()));
      } catch (UncheckedIOException e) {
        assertThat(e).hasMessageContaining("closed");
      }
      assertThat(child.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(durable).hasSizeGreaterThanOrEqualTo(120);
    try (SqliteSession session = SqliteSession.open(data.resolve("holdfast.db"))) {
      assertThat(session.query("PRAGMA integrity_check", row -> row.getString(1)))
          .containsExactly("ok");
    }
    try (Embedded embedded = Embedded.open(data, Optional.empty(), clock)) {
      for (String id : durable) {
        Job job = await(embedded.store().get(new JobId(id))).orElseThrow();
        assertThat(await(embedded.objects().stat(job.partKey(0)))).isPresent();
      }
      for (Info info : await(embedded.objects().list("", null, 10_000))) {
        assertThat(info.bytes()).isEqualTo(OBJECT_BYTES);
        assertThat(await(embedded.objects().read(info.key(), 0, OBJECT_BYTES)).length())
            .isEqualTo(OBJECT_BYTES);
      }
      assertThat(Messages.in(data, clock).waiting()).isGreaterThanOrEqualTo(durable.size());
    }
  }

  /** The next line that names a job; the child's log goes the same way. */
  private static String nextJob(BufferedReader lines) throws IOException {
    while (true) {
      String line = lines.readLine();
      assertThat(line).as("the child's next line").isNotNull();
      if (JobId.parse(line).isPresent()) {
        return line;
      }
    }
  }
}
