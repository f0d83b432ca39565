package dev.holdfast;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.client.ClientException;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
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

  /** A worker that was taken away is replaced after so long. */
  private static final Duration AWAY = Duration.ofSeconds(1);

  private static final Duration LOOK_AGAIN = Duration.ofMillis(50);
  private static final int INLINE_ITEMS_MAX = 500;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final LocalStack stack;
  private final HoldfastClient client;
  private final Terminal silent;
  private final Clocked clock;
  private final Consumer<String> say;
  private final CountDownLatch never = new CountDownLatch(1);
  private final Map<String, Long> counted = new HashMap<>();
  private long inferred;

  Chaos(LocalStack stack, Terminal silent, Clocked clock, Consumer<String> say)
      throws ClientException {
    this.stack = stack;
    this.client = new HoldfastClient("http://127.0.0.1:" + stack.port());
    this.silent = silent;
    this.clock = clock;
    this.say = say;
  }

  /**
   * A worker that was taken away.
   *
   * @param exit completes when it has ended, at once for one that was killed outright
   */
  record Taken(String worker, boolean spot, Instant at, CompletableFuture<Exit> exit) {}

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
   * @param inferred items that the workers inferred, as they count themselves
   */
  record Outcome(
      List<JobView> jobs, List<ChaosRows> rows, List<Taken> taken, double seconds, long inferred) {}

  /** Plays it. Blocks until every job has ended and its result has been read. */
  Outcome play(ChaosPlan plan, String model, Path directory)
      throws ClientException, IOException, InterruptedException {
    awaitWorkers();
    inferred = 0;
    counted.clear();
    for (String worker : stack.pids().keySet()) {
      counted.put(worker, stack.itemsInferred(worker).orElse(0));
    }
    long from = System.nanoTime();
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      Callable<List<Taken>> killing = () -> kill(plan, from);
      Future<List<Taken>> kills = thread.submit(killing);
      List<JobView> submitted = submit(plan, model, from, directory);
      List<JobView> ended = new ArrayList<>();
      for (JobView job : submitted) {
        ended.add(new Watch(client, silent, false).until(client.job(job.id()), seen -> false));
      }
      double seconds = (System.nanoTime() - from) / 1e9;
      List<Taken> taken = kills.get();
      awaitWorkers();
      count(stack.pids().keySet());
      return new Outcome(ended, rows(plan, ended, directory), taken, seconds, inferred);
    } catch (ExecutionException e) {
      throw new IOException("the killing failed: " + e.getCause(), e);
    } finally {
      thread.shutdownNow();
    }
  }

  private void awaitWorkers() throws InterruptedException {
    while (stack.notReady().isPresent()) {
      pause(LOOK_AGAIN);
    }
  }

  private void until(long from, Duration at) throws InterruptedException {
    pause(Duration.ofNanos(Math.max(0, from + at.toNanos() - System.nanoTime())));
  }

  private void pause(Duration time) throws InterruptedException {
    if (never.await(time.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new InterruptedException();
    }
  }

  private List<JobView> submit(ChaosPlan plan, String model, long from, Path directory)
      throws ClientException, IOException, InterruptedException {
    List<JobView> jobs = new ArrayList<>();
    for (ChaosPlan.Submission submission : plan.jobs()) {
      until(from, submission.at());
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

  private List<Taken> kill(ChaosPlan plan, long from) throws InterruptedException {
    List<Taken> taken = new ArrayList<>();
    for (ChaosPlan.Kill kill : plan.kills()) {
      until(from, kill.at());
      String worker = "worker-" + (kill.worker() + 1);
      // SIGKILL may come at any time; a Java that has not begun its program takes no SIGTERM
      // and a second signal to one that is leaving would end it at once
      while (leaving(taken, worker)
          || !stack.pids().containsKey(worker)
          || (kill.spot() && stack.itemsInferred(worker).isEmpty())) {
        pause(LOOK_AGAIN);
      }
      count(List.of(worker));
      Instant at = clock.instant();
      if (kill.spot()) {
        long asked = System.nanoTime();
        taken.add(
            new Taken(
                worker,
                true,
                at,
                stack
                    .evict(worker, SPOT_GRACE, AWAY)
                    .thenApply(code -> new Exit(code, (System.nanoTime() - asked) / 1e9))));
      } else if (stack.kill(worker, AWAY)) {
        taken.add(
            new Taken(
                worker,
                false,
                at,
                CompletableFuture.completedFuture(new Exit(OptionalInt.empty(), 0))));
      }
      counted.put(worker, 0L);
      say.accept(
          "%s %s (%d of %d)"
              .formatted(
                  kill.spot() ? "evicted" : "killed", worker, taken.size(), plan.kills().size()));
    }
    return taken;
  }

  private static boolean leaving(List<Taken> taken, String worker) {
    return taken.stream().anyMatch(t -> t.worker().equals(worker) && !t.exit().isDone());
  }

  /** Adds what workers have inferred since they were asked last, or since they began. */
  private synchronized void count(Iterable<String> workers) throws InterruptedException {
    for (String worker : workers) {
      long now = stack.itemsInferred(worker).orElse(counted.getOrDefault(worker, 0L));
      inferred += Math.max(0, now - counted.getOrDefault(worker, 0L));
      counted.put(worker, now);
    }
  }

  private List<ChaosRows> rows(ChaosPlan plan, List<JobView> jobs, Path directory)
      throws ClientException, IOException {
    List<ChaosRows> rows = new ArrayList<>();
    Path file = directory.resolve("result.jsonl");
    for (int i = 0; i < jobs.size(); i++) {
      Files.deleteIfExists(file);
      try (OutputStream out = Files.newOutputStream(file)) {
        if (jobs.get(i).state().equals("complete")) {
          client.download(jobs.get(i).id(), (bytes, length) -> out.write(bytes, 0, length));
        }
      }
      rows.add(ChaosRows.of(file, plan.jobs().get(i).items()));
    }
    return rows;
  }

  /**
   * How long jobs stood still: from each worker's loss to the next attempt at a job that it had.
   *
   * @param spot of the workers that had a notice; else of those that had none
   */
  static List<Double> standstills(Outcome outcome, boolean spot) {
    List<Double> seconds = new ArrayList<>();
    for (JobView job : outcome.jobs()) {
      JsonNode attempts = job.json().path("attempts");
      for (int i = 0; i + 1 < attempts.size(); i++) {
        String worker = attempts.get(i).path("worker").asText();
        Instant began = Instant.parse(attempts.get(i).path("started_at").asText());
        Instant next = Instant.parse(attempts.get(i + 1).path("started_at").asText());
        outcome.taken().stream()
            .filter(t -> t.worker().equals(worker))
            .filter(t -> !t.at().isBefore(began) && !t.at().isAfter(next))
            .findFirst()
            .filter(t -> t.spot() == spot)
            .ifPresent(t -> seconds.add(Duration.between(t.at(), next).toMillis() / 1e3));
      }
    }
    return seconds.stream().sorted().toList();
  }
}
