package dev.holdfast;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.client.ClientException;
import dev.holdfast.client.ExitCode;
import dev.holdfast.client.HoldfastClient;
import dev.holdfast.client.JobView;
import dev.holdfast.client.Terminal;
import dev.holdfast.client.Watch;
import dev.holdfast.job.Clocked;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Plays a {@link ChaosPlan} against a running stack and looks at what became of it from outside.
 */
final class Chaos {

  /** What Spot gives: from SIGTERM to SIGKILL. */
  static final Duration SPOT_GRACE = Duration.ofSeconds(15);

  private static final Duration LOOK_AGAIN = Duration.ofMillis(50);

  /** However long a model takes to load and to be measured. */
  private static final Duration READY_MAX = Duration.ofMinutes(3);

  /** What a run may take beside its schedule, however slow the machine is; then it is judged. */
  private static final Duration TIME_MAX = Duration.ofMinutes(10);

  /** Each item's share beyond that. */
  private static final Duration ITEM_MAX = Duration.ofMillis(100);

  private static final int INLINE_ITEMS_MAX = 500;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final ChaosFleet fleet;
  private final HoldfastClient client;
  private final Terminal silent;
  private final Clocked clock;
  private final Consumer<String> say;
  private final Waiting pause = new Waiting();
  private long deadlineNanos;

  Chaos(ChaosFleet fleet, Terminal silent, Clocked clock, Consumer<String> say)
      throws ClientException {
    this.fleet = fleet;
    this.client = fleet.client();
    this.silent = silent;
    this.clock = clock;
    this.say = say;
  }

  /**
   * A worker that was taken away.
   *
   * @param ready the others that took jobs at that moment
   * @param rows items that it had rows of when it was last asked: inferred, or left to it
   * @param exit completes when it has ended, at once for one that was killed outright
   */
  record Taken(
      String worker,
      boolean spot,
      Instant at,
      Set<String> ready,
      long rows,
      CompletableFuture<Exit> exit) {

    Taken rows(long items) {
      return new Taken(worker, spot, at, ready, items, exit);
    }
  }

  /**
   * How a worker ended.
   *
   * @param code nothing for one that was killed outright
   * @param seconds from the signal on
   */
  record Exit(OptionalInt code, double seconds) {}

  /**
   * What one run came to.
   *
   * @param jobs as they ended, or as they were when time was up
   * @param inferred items that the workers inferred, as they count themselves
   * @param deaths processes that ended meanwhile, for whatever reason
   */
  record Outcome(
      List<JobView> jobs,
      List<ChaosRows> rows,
      List<Taken> taken,
      double seconds,
      long inferred,
      int deaths) {}

  /**
   * Plays it. Blocks until every job has ended and its result has been read, or until time is up.
   *
   * @param directory for the results' vectors, which stay there
   */
  Outcome play(ChaosPlan plan, String model, Path directory)
      throws ClientException, IOException, InterruptedException {
    deadlineNanos = System.nanoTime() + timeMax(plan).toNanos();
    awaitWorkers();
    int deaths = fleet.deaths();
    ChaosKiller killer = new ChaosKiller(fleet, clock, pause, this::overdue, say);
    killer.begin();
    long from = System.nanoTime();
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      Callable<List<Taken>> killing = () -> killer.kill(plan, from);
      Future<List<Taken>> kills = thread.submit(killing);
      List<JobView> submitted = submit(plan, model, from, directory);
      List<JobView> ended = new ArrayList<>();
      for (JobView job : submitted) {
        ended.add(new Watch(client, silent, false).until(client.job(job.id()), seen -> overdue()));
      }
      double seconds = (System.nanoTime() - from) / 1e9;
      List<Taken> taken = kills.get();
      awaitWorkers();
      return new Outcome(
          ended,
          rows(plan, ended, directory),
          taken,
          seconds,
          killer.inferred(),
          fleet.deaths() - deaths);
    } catch (ExecutionException e) {
      throw new IOException("the killing failed: " + e.getCause(), e);
    } finally {
      thread.shutdownNow();
    }
  }

  private static Duration timeMax(ChaosPlan plan) {
    int kills = plan.kills().size();
    Duration schedule = kills == 0 ? Duration.ZERO : plan.kills().get(kills - 1).at();
    return schedule.plus(TIME_MAX).plus(ITEM_MAX.multipliedBy(plan.items()));
  }

  private boolean overdue() {
    return System.nanoTime() - deadlineNanos > 0;
  }

  private void awaitWorkers() throws ClientException, InterruptedException {
    long until = System.nanoTime() + READY_MAX.toNanos();
    for (Optional<String> problem = fleet.notReady();
        problem.isPresent();
        problem = fleet.notReady()) {
      if (System.nanoTime() - until > 0) {
        throw new ClientException(
            ExitCode.JOB_FAILED,
            "%s after %s; --log FILE keeps what the processes say"
                .formatted(problem.get(), DurationText.print(READY_MAX)));
      }
      pause.rest();
    }
  }

  /** Waits where an interrupt ends it. */
  static final class Waiting {
    private final CountDownLatch never = new CountDownLatch(1);

    private void rest(Duration time) throws InterruptedException {
      if (never.await(time.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new InterruptedException();
      }
    }

    /** For a moment, before a look. */
    void rest() throws InterruptedException {
      rest(LOOK_AGAIN);
    }

    /**
     * @param from on {@link System#nanoTime}
     */
    void until(long from, Duration at) throws InterruptedException {
      rest(Duration.ofNanos(Math.max(0, from + at.toNanos() - System.nanoTime())));
    }
  }

  private List<JobView> submit(ChaosPlan plan, String model, long from, Path directory)
      throws ClientException, IOException, InterruptedException {
    List<JobView> jobs = new ArrayList<>();
    for (ChaosPlan.Submission submission : plan.jobs()) {
      pause.until(from, submission.at());
      ObjectNode body = JSON.createObjectNode().put("model", model);
      ObjectNode input = body.putObject("input");
      if (submission.items() <= INLINE_ITEMS_MAX) {
        ArrayNode items = input.putArray("items");
        for (int i = 0; i < submission.items(); i++) {
          items.add(Sentences.at(submission.first() + i));
        }
      } else {
        input.put("input_id", client.upload(file(submission, directory)));
      }
      jobs.add(client.submit(body, UUID.randomUUID().toString()));
    }
    return jobs;
  }

  private static Path file(ChaosPlan.Submission submission, Path directory) throws IOException {
    Path file = directory.resolve("input.jsonl");
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < submission.items(); i++) {
      lines.add(JSON.writeValueAsString(Sentences.at(submission.first() + i)));
    }
    return Files.write(file, lines);
  }

  private List<ChaosRows> rows(ChaosPlan plan, List<JobView> jobs, Path directory)
      throws ClientException, IOException {
    List<ChaosRows> rows = new ArrayList<>();
    Path file = directory.resolve("result.jsonl");
    for (int i = 0; i < jobs.size(); i++) {
      JobView job = jobs.get(i);
      Files.deleteIfExists(file);
      try (OutputStream out = Files.newOutputStream(file)) {
        if (job.state().equals("complete")) {
          client.download(job.id(), (bytes, length) -> out.write(bytes, 0, length));
        }
      }
      Path vectors = directory.resolve(job.id() + ".vectors");
      rows.add(ChaosRows.of(file, plan.jobs().get(i).items(), vectors));
    }
    return rows;
  }
}
