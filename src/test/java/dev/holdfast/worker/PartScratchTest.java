package dev.holdfast.worker;

import static dev.holdfast.worker.WorkerWorld.LEASE;
import static dev.holdfast.worker.WorkerWorld.await;
import static dev.holdfast.worker.WorkerWorld.texts;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobState;
import dev.holdfast.world.ScriptedEngine;
import dev.holdfast.world.Waits;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Parts on a worker's own disk, on their way to the object store. Windows are of four items. */
@Timeout(60)
class PartScratchTest {

  private static final String CREATE = "ObjectStore.create";
  private static final String[] TEXTS = texts(10);
  private static final int PARTS = 3;

  @TempDir Path directory;
  private WorkerWorld world;
  private Path scratch;
  private final CountDownLatch back = new CountDownLatch(1);

  @BeforeEach
  void open() throws Exception {
    world = new WorkerWorld(directory);
    scratch = world.scratch(PartScratch.BYTES_MAX);
  }

  @AfterEach
  void close() {
    back.countDown();
    world.close();
  }

  private List<Path> kept() throws IOException {
    if (!Files.isDirectory(scratch)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(scratch)) {
      return files.filter(file -> file.toString().endsWith(".part")).sorted().toList();
    }
  }

  private void awaitKept(int files) {
    Waits.until(() -> kept().size() == files);
  }

  /** A worker whose parts reach the disk and no further. */
  private WorkerWorld.Worker cutOff(String id, ScriptedEngine engine) {
    return world.worker(id, new Mortal().away(CREATE), engine);
  }

  /** A worker that dies with all of its parts on the disk. */
  private Job killed() throws IOException {
    Job job = world.submit(TEXTS);
    WorkerWorld.Worker first = cutOff("first", new ScriptedEngine());
    first.begin();
    awaitKept(PARTS);
    // the last one lies there before its write is answered, whose limit must not run out now
    await(Objects.requireNonNull(first.disk).thread.run(() -> true));
    first.mortal.die();
    world.clock.advance(LEASE.plusSeconds(1));
    return job;
  }

  private void finish(Future<Void> done) {
    world.clock.runUntil(done);
    await(done);
  }

  @Test
  void aWorkerThatStartsAgainUploadsWhatItHadInferred() throws Exception {
    Job job = killed();
    WorkerWorld.Worker second = world.worker("second");
    second.work();

    world.assertComplete(job, TEXTS);
    assertThat(second.engine.batches).as("nothing is inferred again").isEmpty();
    awaitKept(0);
  }

  @Test
  void inferenceGoesOnWhileTheObjectStoreIsAwayAndPartsFollowInOrder() throws Exception {
    String[] texts = texts(80);
    Job job = world.submit(texts);
    WorkerWorld.Worker worker = cutOff("patient", new ScriptedEngine());
    Future<Void> done = worker.begin();
    awaitKept(20);

    assertThat(worker.engine.batches.stream().mapToInt(List::size).sum()).isEqualTo(80);
    assertThat(world.job(job.id()).checkpoint().nextItem()).isZero();
    worker.mortal.back(CREATE);
    finish(done);
    world.assertComplete(job, texts);
    assertThat(world.job(job.id()).checkpoint().parts()).isEqualTo(20);
    assertThat(worker.engine.batches.stream().mapToInt(List::size).sum()).isEqualTo(80);
    awaitKept(0);
  }

  @Test
  void aDamagedPartIsInferredAgain() throws Exception {
    Job job = killed();
    Path first = kept().get(0);
    byte[] bytes = Files.readAllBytes(first);
    bytes[bytes.length / 2] ^= 1;
    Files.write(first, bytes);
    WorkerWorld.Worker second = world.worker("second");
    second.work();

    world.assertComplete(job, TEXTS);
    assertThat(second.engine.batches).isNotEmpty();
    assertThat(kept()).doesNotContain(first);
  }

  @Test
  void aPartThatIsGoneWhenItsTurnComesIsInferredAgain() throws Exception {
    Job job = world.submit(TEXTS);
    WorkerWorld.Worker worker = cutOff("robbed", new ScriptedEngine());
    Future<Void> done = worker.begin();
    awaitKept(PARTS);
    Files.delete(kept().get(1));
    worker.mortal.back(CREATE);
    finish(done);

    world.assertComplete(job, TEXTS);
    assertThat(world.job(job.id()).attempts()).hasSize(1);
  }

  @Test
  void partsOfAnotherVersionOfTheModelAreLeftAlone() throws Exception {
    Job job = killed();
    WorkerWorld.Worker second =
        world.worker("second", new Mortal(), new ScriptedEngine("digest-2", 1));
    second.work();

    world.assertComplete(job, TEXTS);
    assertThat(second.engine.batches.stream().mapToInt(List::size).sum()).isEqualTo(10);
  }

  @Test
  void whatDoesNotFitStaysInMemory() throws Exception {
    scratch = world.scratch(300);
    String[] texts = texts(80);
    Job job = world.submit(texts);
    WorkerWorld.Worker worker = cutOff("bounded", new ScriptedEngine());
    Future<Void> done = worker.begin();
    awaitKept(1);
    worker.mortal.back(CREATE);
    finish(done);

    world.assertComplete(job, texts);
  }

  @Test
  void aDirectoryThatCannotBeWrittenIsDoneWithout() throws Exception {
    Files.writeString(scratch, "not a directory");
    Job job = world.submit(TEXTS);
    world.worker("w").work();

    world.assertComplete(job, TEXTS);
  }

  /** Lets a worker's disk answer nothing any more. */
  private void hang(WorkerWorld.Worker worker) {
    Objects.requireNonNull(worker.disk)
        .thread
        .run(
            () -> {
              Waits.until(back);
              return true;
            });
  }

  @Test
  void aDiskThatHangsIsNotLookedAtForEver() throws Exception {
    Job job = killed();
    WorkerWorld.Worker second = world.worker("second");
    hang(second);
    finish(second.begin());

    world.assertComplete(job, TEXTS);
    assertThat(second.engine.batches.stream().mapToInt(List::size).sum()).isEqualTo(10);
  }

  @Test
  void aPartOnADiskThatHangsIsInferredAgainAndNoOtherIsKept() throws Exception {
    Job job = world.submit(TEXTS);
    WorkerWorld.Worker worker = cutOff("hanging", new ScriptedEngine());
    Future<Void> done = worker.begin();
    awaitKept(PARTS);
    // a part that has been read already would reach the store without the disk
    worker.mortal.awaitStruck();
    hang(worker);
    worker.mortal.back(CREATE);
    finish(done);

    world.assertComplete(job, TEXTS);
    assertThat(world.job(job.id()).attempts()).hasSize(1);
    assertThat(worker.engine.batches.stream().mapToInt(List::size).sum()).isEqualTo(20);
    assertThat(kept()).as("what the disk still has").hasSize(PARTS);
  }

  @Test
  void aDrainLeavesOnTimeWhatIsOnlyOnTheDisk() throws Exception {
    Job job = world.submit(TEXTS);
    WorkerWorld.Worker leaving = cutOff("leaving", new ScriptedEngine());
    Future<Void> done = leaving.begin();
    awaitKept(PARTS);
    leaving.drain(new Departure(Duration.ZERO, Duration.ofSeconds(2), Duration.ofSeconds(3)));
    finish(done);

    Job left = world.job(job.id());
    assertThat(left.state()).isEqualTo(JobState.INTERRUPTED);
    assertThat(left.checkpoint().nextItem()).isZero();
    assertThat(kept()).hasSize(PARTS);
    WorkerWorld.Worker next = world.worker("next");
    next.work();
    world.assertComplete(job, TEXTS);
    assertThat(next.engine.batches).isEmpty();
  }

  @Test
  void aCancelDeletesWhatIsOnTheDisk() throws Exception {
    Job job = world.submit(TEXTS);
    Future<Void> done = cutOff("cancelled", new ScriptedEngine()).begin();
    awaitKept(PARTS);
    await(world.intake().cancel(job.id()));
    finish(done);

    assertThat(world.job(job.id()).state()).isEqualTo(JobState.CANCELLED);
    awaitKept(0);
  }

  @Test
  void aDeadlineDeletesWhatIsOnTheDisk() throws Exception {
    Job job = world.submit(world.clock.instant().plusSeconds(20), TEXTS);
    Future<Void> done = cutOff("late", new ScriptedEngine()).begin();
    awaitKept(PARTS);
    finish(done);

    assertThat(world.job(job.id()).state()).isEqualTo(JobState.FAILED);
    awaitKept(0);
  }

  @Test
  void aSweepDeletesWhatNobodyNeedsAndNothingElse() throws Exception {
    Job job = world.submit(TEXTS);
    WorkerWorld.Worker live = cutOff("live", new ScriptedEngine());
    Future<Void> done = live.begin();
    awaitKept(PARTS);
    Path stranger = Files.writeString(scratch.resolve("notes.txt"), "mine");
    Path old = Files.writeString(scratch.resolve(job.id() + ".000000000000.x.part.tmp"), "old");
    Files.setLastModifiedTime(
        old, FileTime.from(world.clock.instant().minus(Duration.ofHours(25))));
    kept().forEach(this::touch);
    world.sweep(scratch);
    assertThat(kept()).as("another worker's sweep leaves what may be needed").hasSize(PARTS);
    assertThat(stranger).exists();
    assertThat(old).doesNotExist();
    List<Path> files = kept();
    byte[] content = Files.readAllBytes(files.get(0));
    live.mortal.back(CREATE);
    finish(done);
    world.assertComplete(job, TEXTS);
    awaitKept(0);

    touch(Files.write(files.get(0), content));
    world.sweep(scratch);
    awaitKept(0);
    assertThat(stranger).exists();
  }

  private void touch(Path file) {
    try {
      Files.setLastModifiedTime(file, FileTime.from(world.clock.instant()));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
