package dev.holdfast.worker;

import static dev.holdfast.worker.WorkerWorld.LEASE;
import static dev.holdfast.worker.WorkerWorld.await;
import static dev.holdfast.worker.WorkerWorld.texts;
import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobIntake;
import dev.holdfast.job.JobQueue;
import dev.holdfast.job.JobRecords;
import dev.holdfast.job.JobSpec;
import dev.holdfast.job.JobState;
import dev.holdfast.world.ScriptedEngine;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** What becomes of jobs that are not as they should be. */
@Timeout(60)
class JobRunnerTest {

  private final Path directory;
  @AutoClose private final WorkerWorld world;

  JobRunnerTest(@TempDir Path directory) throws IOException {
    this.directory = directory;
    world = new WorkerWorld(directory);
  }

  private JobIntake intake() {
    return new JobIntake(
        world.embedded.store(),
        world.embedded.queue(),
        new JobRecords(world.embedded.store(), world.embedded.events(), world.clock),
        world.clock);
  }

  private JobSpec.External file(String name, String content) throws Exception {
    Path file = directory.resolve(name);
    Files.writeString(file, content, StandardCharsets.UTF_8);
    var info = await(world.embedded.externalInputs().stat(file.toUri().toString()));
    return new JobSpec.External(info.uri(), info.bytes(), info.revision());
  }

  private static String code(Job job) {
    return Objects.requireNonNull(job.error()).code();
  }

  @Test
  void aBrokenLineFailsItsRowWithItsLineNumberAndNothingElse() throws Exception {
    Job job = world.submit(file("in.jsonl", "\"a\"\n\n{broken\n42\n\"poison\"\n\"e\"\n"));
    world.worker("w").work();

    Job after = world.job(job.id());
    assertThat(after.state()).isEqualTo(JobState.COMPLETE);
    assertThat(after.progress()).isEqualTo(new Job.Progress(5, 3, 5L));
    assertThat(after.checkpoint().failed()).isEqualTo(3);
    List<JsonObject> rows = world.rows(after);
    assertThat(rows).hasSize(5);
    assertThat(rows.get(1).getInteger("line")).isEqualTo(3);
    assertThat(rows.get(1).getJsonObject("error").getString("code")).isEqualTo("item_invalid");
    assertThat(rows.get(2).getJsonObject("error").getString("code")).isEqualTo("item_wrong_kind");
    assertThat(rows.get(3).getJsonObject("error").getString("code")).isEqualTo("inference_failed");
    assertThat(rows.get(4).containsKey("embedding")).isTrue();
  }

  @Test
  void anInputOfBlankLinesFailsAtOnceAndLeavesADeadLetter() throws Exception {
    Job job = world.submit(file("blank.jsonl", "\n \n\n"));
    world.worker("w").work();

    assertThat(world.job(job.id()).state()).isEqualTo(JobState.FAILED);
    assertThat(code(world.job(job.id()))).isEqualTo("empty_input");
    assertThat(await(world.embedded.queue().deadLetters(10)))
        .singleElement()
        .satisfies(letter -> assertThat(letter.job()).isEqualTo(job.id()))
        .satisfies(letter -> assertThat(letter.reason()).contains("blank"));
  }

  @Test
  void anInputThatChangedFailsAtOnce() throws Exception {
    Job job = world.submit(file("in.jsonl", "\"a\"\n\"b\"\n"));
    Files.writeString(directory.resolve("in.jsonl"), "\"a\"\n\"b\"\n\"c\"\n");
    world.worker("w").work();
    assertThat(code(world.job(job.id()))).isEqualTo("input_changed");
  }

  @Test
  void aMissingInputSpendsTheFailuresWithBackoffAndCanBeRetried() throws Exception {
    JobSpec.External input = file("in.jsonl", "\"a\"\n");
    Path file = directory.resolve("in.jsonl");
    Path away = directory.resolve("away.jsonl");
    Files.move(file, away);
    Job job = world.submit(input);
    WorkerWorld.Worker worker = world.worker("w");
    for (int failures = 1; failures <= 3; failures++) {
      worker.work();
      assertThat(world.job(job.id()).spent().failures()).isEqualTo(failures);
      assertThat(await(world.embedded.queue().pull(1, LEASE, Duration.ZERO)))
          .as("it rests before the next attempt")
          .isEmpty();
      world.clock.advance(Duration.ofMinutes(5));
    }
    assertThat(world.job(job.id()).state()).isEqualTo(JobState.FAILED);
    assertThat(code(world.job(job.id()))).isEqualTo("input_not_found");
    assertThat(world.messages().waiting()).isZero();

    Files.move(away, file);
    await(intake().retry(job.id()));
    worker.work();
    world.assertComplete(job, "a");
    assertThat(world.job(job.id()).attempts()).hasSize(4);
  }

  @Test
  void anEndedJobsSecondMessageIsAcknowledgedWithoutWork() {
    Job job = world.submit("a");
    await(intake().cancel(job.id()));
    WorkerWorld.Worker worker = world.worker("w");
    worker.work();

    assertThat(worker.engine.batches).isEmpty();
    assertThat(worker.mortal.calls).contains("JobQueue.ack");
    assertThat(world.job(job.id()).state()).isEqualTo(JobState.CANCELLED);
  }

  @Test
  void aCancelStopsARunningJobAtItsNextWrite() throws Exception {
    Job job = world.submit(texts(12));
    ScriptedEngine engine = new ScriptedEngine();
    ScriptedEngine.Hold hold = engine.hold();
    WorkerWorld.Worker worker = world.worker("w", new Mortal(), engine);
    Future<Void> done = worker.begin();
    hold.awaitBatch();
    Job cancelled = await(intake().cancel(job.id()));
    hold.release();
    await(done);

    assertThat(world.job(job.id())).isEqualTo(cancelled);
    assertThat(worker.mortal.calls).contains("JobQueue.ack");
  }

  @Test
  void aMessageForALeasedJobComesBackWhenTheLeaseEnds() throws Exception {
    Job job = world.submit("a");
    Mortal mortal = new Mortal().dieBefore("ObjectStore.create", 1);
    world.worker("first", mortal, new ScriptedEngine()).begin();
    mortal.awaitStruck();
    await(
        world
            .embedded
            .queue()
            .publish(new JobQueue.Message(job.id(), Map.of(JobQueue.Message.MODEL, "scripted"))));
    WorkerWorld.Worker second = world.worker("second");
    second.work();

    assertThat(second.engine.batches).isEmpty();
    assertThat(second.mortal.calls).contains("JobQueue.release");
    assertThat(await(world.embedded.queue().pull(1, LEASE, Duration.ZERO))).isEmpty();
    world.clock.advance(LEASE.plusSeconds(1));
    second.work();
    second.work();
    world.assertComplete(job, "a");
  }

  @Test
  void rowsOfTwoVersionsOfAModelAreNeverMixed() throws Exception {
    Job job = world.submit(texts(10));
    Mortal mortal = new Mortal().dieBefore("ObjectStore.create", 2);
    world.worker("old", mortal, new ScriptedEngine("digest-1", 1)).begin();
    mortal.awaitStruck();
    world.clock.advance(LEASE.plusSeconds(1));
    WorkerWorld.Worker newer = world.worker("new", new Mortal(), new ScriptedEngine("digest-2", 1));
    newer.work();

    assertThat(newer.engine.batches).isEmpty();
    Job after = world.job(job.id());
    assertThat(after.state()).isEqualTo(JobState.QUEUED);
    assertThat(after.spent().failures()).isEqualTo(1);
    assertThat(Objects.requireNonNull(after.attempts().get(1).error()).code())
        .isEqualTo("model_changed");

    world.clock.advance(Duration.ofMinutes(5));
    world.worker("old again", new Mortal(), new ScriptedEngine("digest-1", 1)).work();
    world.assertComplete(job, texts(10));
  }

  @Test
  void aStoreThatStaysAwayCostsNoFailureAndTheLogSaysWhatItWas() throws Exception {
    Job job = world.submit("a");
    Mortal away = new Mortal().away("ObjectStore.create");
    Logger logger = (Logger) LoggerFactory.getLogger(AttemptVerdict.class);
    ListAppender<ILoggingEvent> lines = new ListAppender<>();
    lines.start();
    logger.addAppender(lines);
    try {
      Future<Void> done = world.worker("w", away, new ScriptedEngine()).begin();
      world.clock.runUntil(done);
    } finally {
      logger.detachAppender(lines);
    }

    assertThat(lines.list)
        .singleElement()
        .extracting(ILoggingEvent::getFormattedMessage, as(InstanceOfAssertFactories.STRING))
        .contains(job.id().value(), "the dependency is away");
    Job left = world.job(job.id());
    assertThat(left.state()).isEqualTo(JobState.INTERRUPTED);
    assertThat(left.spent()).isEqualTo(new Job.Spent(0, 1, 0));
    assertThat(left.attempts().get(0).error()).as("it is no death").isNull();
  }

  @Test
  void aStoreThatIsOutOfOrderForAMomentCostsNothing() throws Exception {
    Job job = world.submit(texts(10));
    Mortal flaky = new Mortal().fail("ObjectStore.create", 1).fail("ObjectStore.create", 2);
    WorkerWorld.Worker worker = world.worker("w", flaky, new ScriptedEngine());
    Future<Void> done = worker.begin();
    flaky.awaitStruck();
    world.clock.runUntil(done);
    world.assertComplete(job, texts(10));
    assertThat(world.job(job.id()).attempts()).hasSize(1);
  }
}
