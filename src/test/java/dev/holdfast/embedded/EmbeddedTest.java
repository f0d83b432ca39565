package dev.holdfast.embedded;

import static dev.holdfast.contract.Futures.await;
import static dev.holdfast.contract.Futures.failure;
import static dev.holdfast.contract.Futures.refusal;
import static dev.holdfast.contract.Jobs.NOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.SystemClock;
import dev.holdfast.contract.Jobs;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobQueue.Delivery;
import dev.holdfast.job.JobQueue.Message;
import dev.holdfast.job.JobState;
import dev.holdfast.job.JobStore;
import dev.holdfast.job.ObjectStore.Upload;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What this room does beyond its ports: opening, closing, limits and damage. */
@Timeout(60)
class EmbeddedTest {

  /** So large that it is a file. */
  private static final Buffer LARGE = Buffer.buffer("0123456789".repeat(10_000));

  @TempDir private Path data;
  private SystemClock clock;

  @BeforeEach
  void open() {
    clock = new SystemClock();
  }

  @AfterEach
  void close() {
    clock.close();
  }

  private Embedded embedded() throws IOException {
    return Embedded.open(data, Optional.empty(), clock);
  }

  @Test
  void manyMayOpenANewDirectoryAtOnce() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Callable<Boolean>> openings = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        openings.add(
            () -> {
              try (Embedded embedded = embedded()) {
                return await(embedded.store().create(Jobs.queued(NOON))).isNew();
              }
            });
      }
      for (var opened : threads.invokeAll(openings)) {
        assertThat(opened.get()).isTrue();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void aDatabaseOfANewerVersionIsRefused() throws Exception {
    embedded().close();
    try (SqliteSession session = SqliteSession.open(data.resolve("holdfast.db"))) {
      session.execute("PRAGMA user_version = 999");
    }
    assertThatThrownBy(this::embedded)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("999")
        .hasMessageContaining("newer Holdfast");
  }

  @Test
  void aDatabaseOfTheFirstVersionIsBroughtUpToDate() throws Exception {
    Job before = Jobs.queued(NOON);
    Message pulled = new Message(before.id(), Map.of());
    Message waiting = new Message(JobId.random(), Map.of());
    try (Embedded embedded = embedded()) {
      await(embedded.store().create(before));
      await(embedded.queue().publish(pulled));
      await(embedded.queue().pull(1, Duration.ZERO, Duration.ZERO));
      await(embedded.queue().publish(waiting));
    }
    try (SqliteSession session = SqliteSession.open(data.resolve("holdfast.db"))) {
      session.execute("DROP INDEX messages_again");
      session.execute("DROP INDEX messages_fresh");
      session.execute("CREATE INDEX messages_visible ON messages (visible_at, seq)");
      session.execute("DROP TABLE objects");
      session.execute("DROP INDEX jobs_backlog");
      session.execute("ALTER TABLE jobs DROP COLUMN items_left");
      session.execute("PRAGMA user_version = 1");
    }
    try (Embedded embedded = embedded()) {
      assertThat(await(embedded.store().get(before.id()))).contains(before);
      assertThat(await(embedded.store().backlog()))
          .containsEntry(JobState.QUEUED, new JobStore.Load(1, 1));
      assertThat(await(embedded.queue().pull(2, Duration.ofMinutes(1), Duration.ZERO)))
          .extracting(Delivery::message)
          .containsExactlyInAnyOrder(pulled, waiting);
    }
  }

  @Test
  void aFileThatIsNoDatabaseIsRefused() throws IOException {
    Files.writeString(data.resolve("holdfast.db"), "this is not a database\n".repeat(1_000));
    assertThatThrownBy(this::embedded)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("holdfast.db cannot be opened")
        .hasMessageContaining("backup");
  }

  @Test
  void whatIsWrittenIsThereAfterReopening() throws IOException {
    var job = Jobs.full(NOON);
    try (Embedded embedded = embedded()) {
      await(embedded.store().create(job));
    }
    try (Embedded embedded = embedded()) {
      assertThat(await(embedded.store().get(job.id()))).contains(job);
    }
  }

  @Test
  void closingEndsPullsAndRefusesWhatComesAfter() throws IOException {
    Embedded embedded = embedded();
    Future<List<Delivery>> pull =
        embedded.queue().pull(1, Duration.ofMinutes(1), Duration.ofMinutes(5));
    Upload upload = await(embedded.objects().upload("a/b", Map.of()));
    embedded.close();
    embedded.close();
    assertThat(await(pull)).isEmpty();
    refusal(embedded.store().create(Jobs.queued(NOON)), JobError.UNAVAILABLE);
    refusal(embedded.store().get(JobId.random()), JobError.UNAVAILABLE);
    refusal(embedded.queue().pull(1, Duration.ZERO, Duration.ZERO), JobError.UNAVAILABLE);
    refusal(upload.commit(), JobError.UNAVAILABLE);
    assertThat(data.resolve("objects/~uploads")).isEmptyDirectory();
  }

  @Test
  void aFullQueueOfWritesRefusesMoreAndSaysWhenToComeBack() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    SqliteDatabase database = SqliteDatabase.open(data.resolve("full.db"));
    try {
      List<Future<Integer>> writes = new ArrayList<>();
      // the first group holds the writer, and what comes meanwhile fills the queue
      for (int i = 0; i < 3 * GroupCommit.PENDING_MAX; i++) {
        writes.add(database.write(session -> passed(gate)));
      }
      var refused = refusal(writes.get(writes.size() - 1), JobError.UNAVAILABLE);
      assertThat(refused.retryAfter()).isPresent();
      gate.countDown();
      assertThat(await(writes.get(0))).isEqualTo(1);
    } finally {
      gate.countDown();
      database.close();
    }
  }

  private static int passed(CountDownLatch gate) {
    try {
      gate.await();
      return 1;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aWriteThatFailsIsUndoneAlone() throws IOException {
    SqliteDatabase database = SqliteDatabase.open(data.resolve("one.db"));
    try {
      String insert = "INSERT INTO workers (id, seen_at, report) VALUES (?, 1, '{}')";
      List<Future<Integer>> writes = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        String id = "w" + i;
        boolean fails = i == 5;
        writes.add(
            database.write(
                session -> {
                  int rows = session.update(insert, id);
                  return fails ? session.update(insert, id) : rows;
                }));
      }
      failure(writes.remove(5));
      writes.forEach(write -> assertThat(await(write)).isEqualTo(1));
      long rows = await(database.read(session -> session.number("SELECT count(*) FROM workers")));
      assertThat(rows).isEqualTo(9);
    } finally {
      database.close();
    }
  }

  @Test
  void futuresCompleteOnTheCallersContext() throws IOException {
    Vertx vertx = Vertx.vertx();
    try (Embedded embedded = embedded()) {
      Context context = vertx.getOrCreateContext();
      Promise<Context> completedOn = Promise.promise();
      context.runOnContext(
          nothing ->
              embedded
                  .store()
                  .create(Jobs.queued(NOON))
                  .onComplete(created -> completedOn.complete(Vertx.currentContext())));
      assertThat(await(completedOn.future())).isSameAs(context);
    } finally {
      await(vertx.close());
    }
  }

  @Test
  void aDamagedObjectIsNotedByAWholeReadAndByItsFooter() throws IOException {
    try (Embedded embedded = embedded()) {
      Path file = data.resolve("objects/a/b");
      int length = LARGE.length();
      await(embedded.objects().create("a/b", LARGE, Map.of()));
      byte[] whole = Files.readAllBytes(file);
      assertThat(new String(whole, StandardCharsets.UTF_8)).contains("9#holdfast");
      byte[] flipped = whole.clone();
      flipped[4] ^= 1;
      Files.write(file, flipped);
      assertThat(refusal(embedded.objects().read("a/b", 0, length), JobError.INTERNAL))
          .hasMessageContaining("a/b is damaged");
      Files.write(file, Arrays.copyOf(whole, whole.length - 3));
      refusal(embedded.objects().stat("a/b"), JobError.INTERNAL);
      Files.write(file, new byte[0]);
      refusal(embedded.objects().read("a/b", 0, 1), JobError.INTERNAL);
      assertThat(await(embedded.objects().deleteAll("a/"))).isEqualTo(1);
      assertThat(data.resolve("objects/a")).doesNotExist();
    }
  }

  @Test
  void oldUploadsOfDeadProcessesAreDeletedAndYoungOnesAreNot() throws IOException {
    embedded().close();
    Path old = Files.writeString(data.resolve("objects/~uploads/old"), "x");
    Path young = Files.writeString(data.resolve("objects/~uploads/young"), "x");
    Files.setLastModifiedTime(old, FileTime.from(clock.instant().minus(Duration.ofHours(25))));
    embedded().close();
    assertThat(old).doesNotExist();
    assertThat(young).exists();
  }

  @Test
  void aSymbolicLinkIsNotFollowedOutOfTheObjects() throws IOException {
    Path outside = Files.createDirectory(data.resolve("outside"));
    try (Embedded embedded = embedded()) {
      Files.createSymbolicLink(data.resolve("objects/link"), outside);
      failure(embedded.objects().create("link/a", LARGE, Map.of()));
      failure(embedded.objects().read("link/a", 0, 1));
      assertThat(outside).isEmptyDirectory();
    }
  }

  @Test
  void aKeyIsNotAnObjectAndADirectory() throws IOException {
    try (Embedded embedded = embedded()) {
      await(embedded.objects().create("a", LARGE, Map.of()));
      refusal(embedded.objects().create("a/b", LARGE, Map.of()), JobError.ILLEGAL_STATE);
      await(embedded.objects().create("c/d", LARGE, Map.of()));
      refusal(embedded.objects().create("c", LARGE, Map.of()), JobError.ILLEGAL_STATE);
      assertThat(data.resolve("objects/~uploads")).isEmptyDirectory();
    }
  }
}
