package dev.holdfast;

import dev.holdfast.client.ClientException;
import dev.holdfast.client.ExitCode;
import dev.holdfast.client.Terminal;
import dev.holdfast.shutdown.ShutdownVerticle.Stage;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The promise, put to the test: many jobs, many kills, and a count of what that cost. */
@Command(
    name = "chaos",
    description = {
      "Run jobs twice, undisturbed and while workers are taken away on a seeded schedule, and compare",
      "every row. Exit 1 if anything is lost, doubled or different, if an eviction was held against a",
      "job, if a worker that was told did not hand over, or if no kill met a job."
    },
    mixinStandardHelpOptions = true)
final class ChaosCommand implements Callable<Integer> {

  private static final int JOBS_MAX = 10_000;
  private static final int ITEMS_MAX = 100_000;
  private static final int KILLS_MAX = 10_000;
  private static final int WORKERS_MAX = 16;

  /** What a shell reports after Ctrl-C. */
  private static final int INTERRUPTED = 130;

  @Option(
      names = "--jobs",
      paramLabel = "N",
      defaultValue = "100",
      description = "How many jobs; one in ten is large (${DEFAULT-VALUE})")
  int jobs;

  @Option(
      names = "--items",
      paramLabel = "M",
      defaultValue = "500",
      description = "Items of a large job; a small one has 1 to 5 (${DEFAULT-VALUE})")
  int items;

  @Option(
      names = "--kills",
      paramLabel = "K",
      defaultValue = "10",
      description = "How many workers are taken away (${DEFAULT-VALUE})")
  int kills;

  @Option(
      names = "--workers",
      paramLabel = "W",
      defaultValue = "3",
      description = "How many workers there are (${DEFAULT-VALUE})")
  int workers;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "1",
      description = "Of the schedule (${DEFAULT-VALUE})")
  long seed;

  @Option(
      names = "--mode",
      defaultValue = "mixed",
      description = "sigkill: without a word; spot: SIGTERM, then SIGKILL 15 s later; mixed")
  String mode;

  @Option(
      names = "--target",
      defaultValue = "local",
      description = "local: embedded stores; gcp: Google's emulators")
  String target;

  @Option(
      names = "--log",
      paramLabel = "FILE",
      description = "Write what the workers say into this file")
  @Nullable Path log;

  @Option(
      names = "--json",
      description = "Print one JSON object instead; the words go to the standard error")
  boolean json;

  private final Terminal terminal;

  ChaosCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws ConfigException, ClientException, IOException, InterruptedException {
    check("--jobs", jobs, 1, JOBS_MAX);
    check("--items", items, 1, ITEMS_MAX);
    check("--kills", kills, 0, KILLS_MAX);
    check("--workers", workers, 1, WORKERS_MAX);
    ChaosPlan.Mode how;
    try {
      how = ChaosPlan.Mode.valueOf(mode.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new ConfigException(
          List.of("--mode %s must be sigkill, spot or mixed".formatted(mode)));
    }
    if (!target.equals("local") && !target.equals("gcp")) {
      throw new ConfigException(List.of("--target %s must be local or gcp".formatted(target)));
    }
    ChaosPlan plan = ChaosPlan.of(jobs, items, kills, workers, how, seed);
    try (Scratch scratch = Scratch.create("holdfast-chaos-")) {
      ChaosReport report = run(plan, scratch.directory());
      PrintStream words = json ? terminal.err() : terminal.out();
      report.lines().forEach(words::println);
      report.verdict().violations().forEach(v -> words.println("VIOLATION: " + v));
      words.flush();
      if (json) {
        terminal.out().println(report.json());
        terminal.out().flush();
      }
      return report.verdict().good() ? ExitCode.OK : ExitCode.JOB_FAILED;
    }
  }

  private static void check(String option, int value, int min, int max) throws ConfigException {
    if (value < min || value > max) {
      throw new ConfigException(
          List.of("%s %d must be from %d to %d".formatted(option, value, min, max)));
    }
  }

  private ChaosReport run(ChaosPlan plan, Path directory)
      throws ConfigException, ClientException, IOException, InterruptedException {
    Map<String, String> values = new LinkedHashMap<>(terminal.environment());
    values.put(Setting.DATA.key(), directory.resolve("data").toString());
    values.putIfAbsent(Setting.LEASE.key(), "10s");
    values.putIfAbsent(Setting.CHECKPOINT.key(), "2s");
    AtomicReference<LocalGoogle> google = new AtomicReference<>();
    AtomicReference<ChaosFleet> running = new AtomicReference<>();
    Runnable end = () -> close(running.getAndSet(null), google.getAndSet(null));
    new WayOut(Config.read(values, Config.Role.API).grace(), code -> System.exit(INTERRUPTED))
        .hearSignals()
        .open(List.of(new Stage(WayOut.closing("the run", end), 1)));
    SystemClock clock = new SystemClock();
    try (PrintWriter said = log()) {
      if (target.equals("gcp")) {
        google.set(LocalGoogle.start(values, directory));
        values.putAll(google.get().settings());
        LocalGoogle.init(Config.read(values, Config.Role.API).gcp().orElseThrow());
      }
      Config config = Config.read(values, Config.Role.API);
      running.set(ChaosFleet.start(values, workers, clock, said::println));
      return run(plan, config, running.get(), clock, directory);
    } finally {
      end.run();
      clock.close();
    }
  }

  private PrintWriter log() throws IOException {
    return new PrintWriter(
        log == null ? Writer.nullWriter() : Files.newBufferedWriter(log, StandardCharsets.UTF_8),
        true);
  }

  private static void close(@Nullable ChaosFleet fleet, @Nullable LocalGoogle google) {
    if (fleet != null) {
      fleet.close();
    }
    if (google != null) {
      google.close();
    }
  }

  private ChaosReport run(
      ChaosPlan plan, Config config, ChaosFleet fleet, SystemClock clock, Path directory)
      throws ConfigException, ClientException, IOException, InterruptedException {
    String model = Demo.embeddingModel(config.models());
    say(
        "%d jobs, %d items, %d workers, lease %s, checkpoint span %s"
            .formatted(
                plan.jobs().size(),
                plan.items(),
                workers,
                DurationText.print(config.lease()),
                config.checkpointText()));
    Chaos chaos = new Chaos(fleet, Terminal.silent(), clock, this::say);
    say("undisturbed first");
    Chaos.Outcome calm = chaos.play(plan.undisturbed(), model, directory);
    say("%.1f s; now with %d workers taken away".formatted(calm.seconds(), plan.kills().size()));
    Chaos.Outcome disturbed = chaos.play(plan, model, directory);
    return new ChaosReport(plan, calm, disturbed, ChaosVerdict.of(plan, calm, disturbed));
  }

  private void say(String line) {
    terminal.err().println(line);
  }
}
