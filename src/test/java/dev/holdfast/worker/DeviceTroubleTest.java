package dev.holdfast.worker;

import static dev.holdfast.worker.WorkerWorld.await;
import static dev.holdfast.worker.WorkerWorld.texts;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobState;
import dev.holdfast.world.ScriptedEngine;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A device with too little memory, and one that breaks. */
@Timeout(60)
class DeviceTroubleTest {

  @TempDir Path directory;
  private WorkerWorld world;
  private final ScriptedEngine engine = new ScriptedEngine();

  @BeforeEach
  void open() throws Exception {
    world = new WorkerWorld(directory);
  }

  @AfterEach
  void close() {
    world.close();
  }

  /** Different texts of one length. */
  private static String[] ofLength(int length, int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> "t".repeat(length - 3) + (100 + i))
        .toArray(String[]::new);
  }

  private List<List<String>> tooLarge(int paddedTokens) {
    return engine.batches.stream()
        .filter(batch -> batch.size() * batch.get(0).length() > paddedTokens)
        .toList();
  }

  @Test
  void aBatchThatDoesNotFitIsHalvedAndLaterOnesAreCutToFit() {
    engine.memory(100);
    String[] texts = ofLength(50, 40);
    Job job = world.submit(texts);
    world.worker("small", new Mortal(), engine).work();

    world.assertComplete(job, texts);
    assertThat(world.job(job.id()).checkpoint().failed()).isZero();
    assertThat(tooLarge(100)).as("batches until it was learnt").hasSize(1);
    assertThat(engine.batches).hasSize(1 + 20);
  }

  @Test
  void anItemThatDoesNotFitAloneIsAnErrorRowThatSaysSo() {
    engine.memory(100);
    Job job = world.submit("short", "l".repeat(150), "brief");
    world.worker("small", new Mortal(), engine).work();

    assertThat(world.job(job.id()).state()).isEqualTo(JobState.COMPLETE);
    List<JsonObject> rows = world.rows(world.job(job.id()));
    assertThat(rows.get(1).getJsonObject("error").getString("message"))
        .isEqualTo(
            "an item of length 150 does not fit into the device's memory: CUDA out of memory.");
    assertThat(rows).filteredOn(row -> row.containsKey("embedding")).hasSize(2);
  }

  @Test
  void whatFittedInAnotherShapeSaysNothingOfAnItemThatDoesNot() {
    engine.memory(100);
    Job before = world.submit(ofLength(50, 1));
    WorkerWorld.Worker worker = world.worker("small", new Mortal(), engine);
    worker.work();
    world.assertComplete(before, ofLength(50, 1));
    Job job = world.submit("wide" + "w".repeat(46), "brief");
    worker.work();

    assertThat(world.job(job.id()).state()).isEqualTo(JobState.COMPLETE);
    assertThat(world.job(job.id()).checkpoint().failed()).isEqualTo(1);
  }

  @Test
  void memoryThatIsGoneForGoodIsNotTheItemsFault() {
    String[] texts = ofLength(50, 4);
    Job before = world.submit(texts);
    WorkerWorld.Worker worker = world.worker("shrinking", new Mortal(), engine);
    worker.work();
    world.assertComplete(before, texts);
    engine.memory(10);
    Job job = world.submit(texts);
    worker.work();

    assertThat(world.job(job.id()).state()).isEqualTo(JobState.INTERRUPTED);
    world.worker("fresh").work();
    world.assertComplete(job, texts);
  }

  @Test
  void aDeviceThatBreaksFreesEveryJobAtOnce() {
    String[] texts = texts(10);
    Job job = world.submit(texts);
    engine.beforeBatch(
        batch -> {
          throw new IllegalStateException("nobody expects this one");
        });
    world.worker("broken", new Mortal(), engine).work();

    Job freed = world.job(job.id());
    assertThat(freed.spent().suspects()).as("it may be the cause").isEqualTo(1);
    assertThat(freed.state()).isEqualTo(JobState.INTERRUPTED);
    assertThat(freed.lease()).isNull();
    assertThat(freed.spent().failures()).isZero();
    world.worker("next").work();
    world.assertComplete(job, texts);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          assert   | CUDA error: device-side assert triggered
          swallow  | inference gave 0 rows for 1 items
          overflow | the thread holdfast-scripted-prepare ended with java.lang.StackOverflowError: overflown
          """)
  void anInputThatBreaksEveryDeviceFailsAfterThreeAndItsNeighboursComplete(
      String input, String why) {
    List<Job> neighbours = new ArrayList<>();
    neighbours.add(world.submit("before"));
    Job killer = world.submit(input);
    neighbours.add(world.submit("after"));
    int workers = 0;
    while (!world.job(killer.id()).state().terminal()) {
      WorkerWorld.Worker worker =
          world.worker("worker-" + ++workers, new Mortal(), new ScriptedEngine());
      await(Future.all(worker.beginAll()));
      world.clock.advance(Quarantine.ELSEWHERE_DELAY);
      assertThat(workers).isLessThan(8);
    }

    Job dead = world.job(killer.id());
    assertThat(dead.state()).isEqualTo(JobState.FAILED);
    assertThat(Objects.requireNonNull(dead.error()).code()).isEqualTo("worker_lost");
    assertThat(dead.attempts()).hasSize(3);
    assertThat(Objects.requireNonNull(dead.attempts().get(2).error()).message())
        .isEqualTo("the worker's device broke: " + why);
    assertThat(dead.spent().failures()).as("the third in a row counts as one").isEqualTo(1);
    world.worker("last").beginAll().forEach(WorkerWorld::await);
    world.clock.advance(Quarantine.ELSEWHERE_DELAY);
    world.worker("very last").beginAll().forEach(WorkerWorld::await);
    for (Job neighbour : neighbours) {
      assertThat(world.job(neighbour.id()).state()).isEqualTo(JobState.COMPLETE);
      assertThat(world.job(neighbour.id()).spent().failures()).isZero();
    }
  }
}
