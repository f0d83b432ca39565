package dev.holdfast.worker;

import static dev.holdfast.worker.WorkerWorld.LEASE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.Claim;
import dev.holdfast.job.ClaimRules;
import dev.holdfast.job.Claimant;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobLife;
import dev.holdfast.job.JobState;
import dev.holdfast.world.ManualClock;
import dev.holdfast.world.ScriptedEngine;
import dev.holdfast.world.Waits;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Suspects have their turns soon, and hold up others for no longer than they must. */
@Timeout(60)
class SuspectTurnsTest {

  private final Path directory;
  @AutoClose private final WorkerWorld world;
  private final CountDownLatch end = new CountDownLatch(1);

  SuspectTurnsTest(@TempDir Path directory) throws IOException {
    this.directory = directory;
    world = new WorkerWorld(directory);
  }

  @AfterEach
  void letGoOfTheDead() {
    end.countDown();
  }

  private static void awaitAll(List<Future<Void>> begun) {
    begun.forEach(WorkerWorld::await);
  }

  @Test
  void workersShareTheSuspectsOfALostOne() throws Exception {
    List<Job> suspects = suspects(4, "innocent");
    ScriptedEngine engine = new ScriptedEngine();
    ScriptedEngine.Hold hold = engine.hold();
    WorkerWorld.Worker one = world.worker("one", new Mortal(), engine);
    List<Future<Void>> turns = one.beginAll();
    hold.awaitBatch();
    Waits.until(() -> world.messages().held() == 2);
    world.clock.advance(Quarantine.ELSEWHERE_DELAY);
    awaitAll(world.worker("other").beginAll());

    assertThat(suspects)
        .extracting(suspect -> world.job(suspect.id()).state())
        .filteredOn(JobState.COMPLETE::equals)
        .hasSize(2);
    hold.release();
    awaitAll(turns);
    assertThat(suspects)
        .allSatisfy(
            suspect -> assertThat(world.job(suspect.id()).state()).isEqualTo(JobState.COMPLETE));
  }

  @Test
  void aSuspectThatIsAcquittedHasNewNeighboursWhileItGoesOn() throws Exception {
    ManualClock clock = new ManualClock();
    try (VerticleWorld verticles = new VerticleWorld(directory.resolve("verticles"), clock)) {
      Job suspect = verticles.submit("suspect", 400);
      for (String token : List.of("first", "second")) {
        Claimant dead =
            new Claimant(
                token, Job.Place.UNKNOWN, token, Duration.ofSeconds(1), Claimant.Company.ANY);
        assertThat(WorkerWorld.await(verticles.records().claim(suspect.id(), dead)))
            .isInstanceOf(Claim.Claimed.class);
        WorkerWorld.await(
            verticles
                .records()
                .update(
                    suspect.id(), (job, now) -> ClaimRules.touched(job, dead.leaseLength(), now)));
        clock.advance(Duration.ofSeconds(2));
      }
      CountDownLatch begun = new CountDownLatch(1);
      CountDownLatch pulled = new CountDownLatch(1);
      CountDownLatch claimed = new CountDownLatch(1);
      SimpleMeterRegistry meters = new SimpleMeterRegistry();
      ScriptedEngine engine = new ScriptedEngine();
      engine.beforeBatch(
          batch -> {
            begun.countDown();
            Waits.until(pulled);
            clock.advance(Duration.ofMillis(200));
            if (engine.batches.size() == 20) {
              Waits.until(claimed);
            }
          });
      WorkerWorld.await(
          verticles.vertx.deployVerticle(
              verticles.worker(
                  engine,
                  ScriptedEngine.spec(4, 1_000),
                  meters,
                  e -> {
                    throw new AssertionError(e);
                  })));

      Waits.until(begun);
      Job waiting = verticles.submit("waits for the end of the turn", 400);
      Waits.until(
          () -> meters.find("holdfast.deliveries").tag("outcome", "suspect").counter() != null);
      pulled.countDown();
      Waits.until(() -> verticles.job(waiting.id()).lease() != null);
      Job later = verticles.submit("comes after the turn", 1);
      Waits.until(() -> verticles.job(later.id()).lease() != null);
      assertThat(verticles.job(suspect.id()).state()).isEqualTo(JobState.PROCESSING);
      claimed.countDown();
    }
  }

  /**
   * Two large jobs over which workers died; one alone would keep the other and all else waiting.
   */
  @Test
  void aSuspectIsAloneOnlyUntilItIsPastWhatItsWorkerMayHaveDiedOf() throws Exception {
    String[] texts = WorkerWorld.texts(400);
    List<Job> suspects = suspects(2, texts);
    ScriptedEngine slow = new ScriptedEngine();
    slow.beforeBatch(batch -> world.clock.advance(Duration.ofMillis(200)));
    WorkerWorld.Worker last = world.worker("last", new Mortal(), slow);

    awaitAll(last.beginAll());

    List<Job.Attempt> attempts = new ArrayList<>();
    for (Job suspect : suspects) {
      world.assertComplete(suspect, texts);
      Job.Attempt attempt = world.job(suspect.id()).attempts().get(2);
      assertThat(attempt.worker()).isEqualTo("last");
      attempts.add(attempt);
    }
    attempts.sort(Comparator.comparing(Job.Attempt::started));
    assertThat(attempts.get(1).started())
        .as("begun while the other was still at work")
        .isBefore(Objects.requireNonNull(attempts.get(0).ended()).minusSeconds(1));
  }

  @Test
  void aSuspectThatIsLostOnceMoreAfterItsFirstStepHasNotFailed() throws Exception {
    world.span = Duration.ofDays(1);
    String[] texts = WorkerWorld.texts(400);
    Job suspect = suspects(1, texts).get(0);
    Mortal mortal = new Mortal();
    ScriptedEngine engine = new ScriptedEngine();
    engine.beforeBatch(
        batch -> {
          if (world.job(suspect.id()).checkpoint().nextItem() > 0) {
            mortal.die();
            Waits.until(end);
          }
        });
    world.worker("third", mortal, engine).begin();
    mortal.awaitStruck();
    world.clock.advance(LEASE.plusSeconds(1));

    world.worker("fourth").work();
    world.assertComplete(suspect, texts);
  }

  @Test
  void aKillerInTheMiddleOfALargeJobIsFoundInAFewDeaths() {
    world.span = Duration.ofDays(1);
    String[] texts = WorkerWorld.texts(400);
    texts[300] = "killer";
    Job job = world.submit(texts);
    int deaths = 0;
    while (world.job(job.id()).state() != JobState.FAILED) {
      Mortal mortal = new Mortal();
      ScriptedEngine engine = new ScriptedEngine();
      engine.beforeBatch(
          batch -> {
            if (batch.contains("killer")) {
              mortal.die();
              Waits.until(end);
            }
          });
      Future<Void> done = world.worker("worker-" + deaths, mortal, engine).begin();
      Waits.until(() -> mortal.isDead() || done.isComplete());
      deaths += mortal.isDead() ? 1 : 0;
      world.clock.advance(LEASE.plusSeconds(1));
    }
    // ten if each step is durable before the next; a worker may die with two that are not
    assertThat(deaths).isBetween(JobLife.SUSPECTS_MAX, 50);
    assertThat(Objects.requireNonNull(world.job(job.id()).error()).message())
        .containsPattern("3 attempts in a row ended without a word at item (29[0-9]|300):");
  }

  /** Jobs that are equal, and that two workers in a row have died over. */
  private List<Job> suspects(int jobs, String... texts) throws Exception {
    List<Job> suspects = new ArrayList<>();
    for (int i = 0; i < jobs; i++) {
      suspects.add(world.submit(texts));
    }
    for (int death = 1; death < JobLife.SUSPECTS_MAX; death++) {
      WorkerWorld.Worker dying = dyingOver(suspects, death);
      dying.beginAll();
      dying.mortal.awaitStruck();
      world.clock.advance(LEASE.plusSeconds(1));
    }
    return suspects;
  }

  /** A worker that dies in its first batch, once it has claimed all of the jobs. */
  private WorkerWorld.Worker dyingOver(List<Job> jobs, int death) {
    Mortal mortal = new Mortal();
    ScriptedEngine engine = new ScriptedEngine();
    engine.beforeBatch(
        batch -> {
          Waits.until(
              () -> jobs.stream().allMatch(job -> world.job(job.id()).attempts().size() >= death));
          mortal.die();
          Waits.until(end);
        });
    return world.worker("dying-" + death, mortal, engine);
  }
}
