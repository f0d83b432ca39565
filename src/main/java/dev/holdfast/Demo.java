package dev.holdfast;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.client.ClientException;
import dev.holdfast.client.ExitCode;
import dev.holdfast.client.HoldfastClient;
import dev.holdfast.client.JobView;
import dev.holdfast.client.Terminal;
import dev.holdfast.client.Watch;
import dev.holdfast.job.ModelSpec;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One embedding job whose worker is killed half-way, and the count of what that cost. */
final class Demo {

  /** However slow the machine is, it ends. */
  static final Duration TIME_MAX = Duration.ofMinutes(5);

  /** A reclaimed machine is not back in a second; another worker must go on. */
  private static final Duration AWAY = Duration.ofSeconds(30);

  private static final Duration READY_ASK_AGAIN = Duration.ofMillis(200);

  /** How much more a machine gets to do that was done before it could be interrupted. */
  private static final int GROWTH = 8;

  /** More than this and the time is up before any machine is done. */
  private static final int ITEMS_MOST = 200_000;

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final LocalStack stack;
  private final HoldfastClient client;
  private final Terminal terminal;
  private final Consumer<String> say;

  /** What each worker had inferred before the job; what the killed one inferred for it follows. */
  private final Map<String, Long> before = new HashMap<>();

  private final long deadlineNanos = System.nanoTime() + TIME_MAX.toNanos();

  Demo(LocalStack stack, Terminal terminal, Consumer<String> say) throws ClientException {
    this.stack = stack;
    this.client = new HoldfastClient("http://127.0.0.1:" + stack.port());
    this.terminal = terminal;
    this.say = say;
  }

  /** What it came to. */
  record Report(
      long items,
      RowCheck.Counts counts,
      long recomputed,
      double seconds,
      long resumedAt,
      String killed,
      @Nullable String resumedBy) {

    boolean good() {
      return counts.lost() == 0 && counts.duplicated() == 0 && resumedBy != null;
    }

    double perSecond() {
      return seconds == 0 ? 0 : items / seconds;
    }

    JsonNode json() {
      return JSON.createObjectNode()
          .put("items", items)
          .put("lost", counts.lost())
          .put("duplicated", counts.duplicated())
          .put("recomputed", recomputed)
          .put("seconds", Math.round(seconds * 10) / 10.0)
          .put("sentences_per_second", Math.round(perSecond() * 10) / 10.0)
          .put("resumed_at", resumedAt)
          .put("killed_worker", killed)
          .put("resumed_by", resumedBy);
    }
  }

  /**
   * Runs it. Blocks.
   *
   * @param directory for the input and the result; somebody else deletes it
   * @throws ClientException if it did not come to an end, with the reason
   */
  Report run(String model, int items, Path directory)
      throws ClientException, IOException, InterruptedException {
    awaitWorkers();
    int count = items;
    Watch watch = new Watch(client, terminal, false);
    long from = System.nanoTime();
    JobView job = halfDone(watch, model, count, directory);
    while (job.state().equals("complete") && count < ITEMS_MOST && !overdue()) {
      count = count * GROWTH;
      say.accept("too fast to be interrupted: once more, with %d sentences".formatted(count));
      from = System.nanoTime();
      watch = new Watch(client, terminal, false);
      job = halfDone(watch, model, count, directory);
    }
    String killed = job.worker();
    long inferred = killed == null ? 0 : stack.itemsInferred(killed).orElse(job.done());
    if (job.ended() || killed == null || !stack.kill(killed, AWAY)) {
      throw failure(
          "the job was %s at %d items, with nobody to kill; ask for more --items"
              .formatted(job.state(), job.done()));
    }
    say.accept("killed %s (SIGKILL) at item %d of %d".formatted(killed, job.done(), count));
    job = watch.until(job, seen -> overdue());
    double seconds = (System.nanoTime() - from) / 1e9;
    if (!job.state().equals("complete")) {
      throw failure("the job is %s: %s".formatted(job.state(), job.error()));
    }
    RowCheck.Counts counts = check(job, directory.resolve("result.jsonl"), count);
    JobView.AttemptView resumed = null;
    for (JobView.AttemptView attempt : job.attempts()) {
      resumed = attempt;
    }
    boolean taken = resumed != null && job.attempts().size() > 1;
    long resumedAt = taken && resumed != null ? resumed.resumedAt() : 0;
    return new Report(
        count,
        counts,
        Math.max(job.recomputed(), inferred - before.getOrDefault(killed, 0L) - resumedAt),
        seconds,
        resumedAt,
        killed,
        taken && resumed != null ? resumed.worker() : null);
  }

  /** Writes that many sentences as items whose rows {@link RowCheck} knows. */
  static void write(Path input, int items) throws IOException {
    try (BufferedWriter out = Files.newBufferedWriter(input)) {
      for (int i = 0; i < items; i++) {
        out.write(
            JSON.createObjectNode()
                .put("id", RowCheck.idOf(i))
                .put("text", Sentences.at(i))
                .toString());
        out.write('\n');
      }
    }
  }

  private JobView halfDone(Watch watch, String model, int items, Path directory)
      throws ClientException, IOException, InterruptedException {
    for (String worker : stack.pids().keySet()) {
      before.put(worker, stack.itemsInferred(worker).orElse(0));
    }
    Path input = directory.resolve("sentences.jsonl");
    write(input, items);
    ObjectNode body = JSON.createObjectNode().put("model", model);
    body.putObject("input").put("input_id", client.upload(input));
    JobView job = client.submit(body, UUID.randomUUID().toString());
    say.accept("submitted %s: %d sentences".formatted(job.id(), items));
    return watch.until(
        job, seen -> overdue() || (seen.done() >= items / 2 && seen.worker() != null));
  }

  private void awaitWorkers() throws ClientException, InterruptedException {
    Pacer pacer = new Pacer(READY_ASK_AGAIN);
    while (stack.notReady().isPresent()) {
      if (overdue()) {
        throw failure("the workers did not get ready: " + stack.notReady().orElse("unknown"));
      }
      pacer.rest();
    }
  }

  private RowCheck.Counts check(JobView job, Path result, int items)
      throws ClientException, IOException {
    try (OutputStream out = Files.newOutputStream(result)) {
      client.download(job.id(), (bytes, length) -> out.write(bytes, 0, length));
    }
    return RowCheck.of(result, items);
  }

  private boolean overdue() {
    return System.nanoTime() - deadlineNanos > 0;
  }

  private static ClientException failure(String message) {
    return new ClientException(ExitCode.JOB_FAILED, message);
  }

  /** The first declared model that makes vectors of text. */
  static String embeddingModel(Path models) throws ConfigException {
    return ModelsFile.read(models).stream()
        .filter(model -> model.kind() == ModelSpec.Kind.TEXT_EMBEDDING)
        .map(ModelSpec::name)
        .findFirst()
        .orElseThrow(
            () -> new ConfigException(List.of(models + " declares no text-embedding model")));
  }
}
