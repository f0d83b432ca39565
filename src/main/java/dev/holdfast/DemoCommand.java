package dev.holdfast;

import dev.holdfast.client.ClientException;
import dev.holdfast.client.ExitCode;
import dev.holdfast.client.Terminal;
import dev.holdfast.shutdown.ShutdownVerticle.Stage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Kills a worker in the middle of a job and shows what became of it. */
@Command(
    name = "demo",
    description = "Run a job on two workers, kill one half-way, and count what was lost.",
    mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {

  private static final int ITEMS_MIN = 500;
  private static final int ITEMS_MAX = 1_000_000;
  private static final int LOG_LINES_KEPT = 30;

  @Option(
      names = "--items",
      paramLabel = "N",
      defaultValue = "2000",
      description = "How many sentences, 500 to 1000000 (${DEFAULT-VALUE})")
  int items;

  @Option(names = "--models", paramLabel = "FILE", description = "HOLDFAST_MODELS: the models")
  String models;

  @Option(names = "--json", description = "End with one line of JSON")
  boolean json;

  private final Terminal terminal;
  private final Deque<String> log = new ArrayDeque<>();

  DemoCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws ConfigException, ClientException, IOException, InterruptedException {
    if (items < ITEMS_MIN || items > ITEMS_MAX) {
      throw new ConfigException(
          List.of("--items %d must be from %d to %d".formatted(items, ITEMS_MIN, ITEMS_MAX)));
    }
    try (Scratch scratch = Scratch.create("holdfast-demo-")) {
      return run(scratch);
    }
  }

  private int run(Scratch scratch)
      throws ConfigException, ClientException, IOException, InterruptedException {
    Path directory = scratch.directory();
    Config config = config(directory);
    String model = Demo.embeddingModel(config.models());
    say("two workers, lease 5s and checkpoint span 1s (the defaults are 30s and auto)");
    AtomicReference<LocalStack> running = new AtomicReference<>();
    Runnable end =
        () -> {
          LocalStack stack = running.getAndSet(null);
          if (stack != null) {
            stack.close();
          }
          scratch.close();
        };
    new WayOut(config.grace(), code -> System.exit(ExitCode.JOB_FAILED))
        .hearSignals()
        .open(List.of(new Stage(WayOut.closing("the demo", end), 1)));
    try {
      LocalStack stack = LocalStack.start(config, 2, new SystemClock(), this::heard);
      running.set(stack);
      Demo.Report report = new Demo(stack, terminal, this::say).run(model, items, directory);
      tell(report);
      return report.good() ? ExitCode.OK : ExitCode.JOB_FAILED;
    } catch (ClientException e) {
      synchronized (log) {
        log.forEach(terminal.err()::println);
      }
      throw e;
    } finally {
      end.run();
    }
  }

  private Config config(Path directory) throws ConfigException {
    Map<String, String> values = new LinkedHashMap<>(terminal.environment());
    if (models != null) {
      values.put(Setting.MODELS.key(), models);
    }
    values.put(Setting.DATA.key(), directory.resolve("data").toString());
    values.put(Setting.HOST.key(), "127.0.0.1");
    values.put(Setting.PORT.key(), "0");
    values.put(Setting.MANAGEMENT_PORT.key(), "0");
    values.put(Setting.LEASE.key(), "5s");
    values.put(Setting.CHECKPOINT.key(), "1s");
    values.put(Setting.GRACE.key(), "5s");
    return Config.read(values, Config.Role.API);
  }

  private void tell(Demo.Report report) {
    terminal
        .out()
        .printf(
            "items %d, lost %d, duplicated %d, recomputed %d%n",
            report.items(),
            report.counts().lost(),
            report.counts().duplicated(),
            report.recomputed());
    terminal
        .out()
        .printf(
            "%.1f s with the loss of %s, %.1f sentences/s, %s resumed at item %d%n",
            report.seconds(),
            report.killed(),
            report.perSecond(),
            report.resumedBy() == null ? "nobody" : report.resumedBy(),
            report.resumedAt());
    if (json) {
      terminal.out().println(report.json());
    }
    terminal.out().flush();
  }

  private void say(String line) {
    terminal.err().println(line);
  }

  /** Workers are quiet while all is well; what they last said is shown if it is not. */
  private void heard(String line) {
    synchronized (log) {
      if (log.size() == LOG_LINES_KEPT) {
        log.removeFirst();
      }
      log.addLast(line);
    }
    if (!line.startsWith("[")) {
      say(line);
    }
  }
}
