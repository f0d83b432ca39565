package dev.holdfast;

import dev.holdfast.api.WorkerStops;
import dev.holdfast.client.ExitCode;
import dev.holdfast.client.Terminal;
import dev.holdfast.job.Clocked;
import dev.holdfast.job.Job;
import dev.holdfast.shutdown.ShutdownVerticle.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The verbs that serve until they are told to end. */
final class ServeCommands {

  private static final int WORKERS_MAX = 64;

  /** The share of the way out that is the stack's where emulators are ended after it. */
  private static final double STACK_UNTIL = 5.0 / 6;

  private ServeCommands() {}

  /** What the three have in common. */
  abstract static class Serve implements Callable<Integer> {
    @Mixin RoleOptions options;
    final Terminal terminal;

    Serve(Terminal terminal) {
      this.terminal = terminal;
    }

    final Config config(Config.Role role) throws ConfigException {
      return Config.read(options.over(terminal.environment()), role);
    }

    final void say(String line) {
      terminal.err().println(line);
    }
  }

  /** For a process that another one of ours has started. */
  static final class Parent {
    @Option(
        names = "--with-parent",
        hidden = true,
        description = "End when the standard input ends")
    boolean with;

    void follow(WayOut wayOut, Terminal terminal) {
      if (with) {
        wayOut.withParent(terminal.in());
      }
    }
  }

  @Command(
      name = "api",
      description = "Serve the API; workers on the same data directory do the work.",
      mixinStandardHelpOptions = true)
  static final class ApiCommand extends Serve {
    @Mixin Parent parent;

    ApiCommand(Terminal terminal) {
      super(terminal);
    }

    @Override
    public Integer call() throws ConfigException, InterruptedException {
      Config config = config(Config.Role.API);
      WayOut wayOut = new WayOut(config.grace()).hearSignals();
      parent.follow(wayOut, terminal);
      ApiRole api = ApiRole.start(config, new SystemClock(), () -> null, WorkerStops.NONE);
      say("the API is at http://%s:%d".formatted(config.host(), api.port()));
      wayOut.serve(api.stages());
      return ExitCode.OK;
    }
  }

  @Command(
      name = "worker",
      description = "Work on jobs of the data directory.",
      mixinStandardHelpOptions = true)
  static final class WorkerCommand extends Serve {
    @Mixin Parent parent;

    WorkerCommand(Terminal terminal) {
      super(terminal);
    }

    @Override
    public Integer call() throws ConfigException, InterruptedException {
      Config config = config(Config.Role.WORKER);
      WayOut wayOut = new WayOut(config.grace()).hearSignals();
      parent.follow(wayOut, terminal);
      Clocked clock = new SystemClock();
      Notices notices = Notices.of(config.evictionNotices(), wayOut.vertx(), clock);
      Job.Place place =
          Awaited.start(
              Whereabouts.of(config, wayOut.vertx(), clock), config, Setting.MANAGEMENT_PORT);
      WorkerRole worker =
          Awaited.start(
              WorkerRole.start(config, place, clock, wayOut::fail, notices.requested()),
              config,
              Setting.MANAGEMENT_PORT);
      wayOut.open(worker.stages());
      wayOut.follow(notices.all());
      wayOut.untilTheEnd();
      return ExitCode.OK;
    }
  }

  @Command(
      name = "local",
      description = "Serve the API and workers on this machine until Ctrl-C.",
      mixinStandardHelpOptions = true)
  static final class LocalCommand extends Serve {
    @Option(
        names = "--workers",
        paramLabel = "N",
        defaultValue = "1",
        description = "How many worker processes, 0 to 64 (${DEFAULT-VALUE})")
    int workers;

    @Option(
        names = "--gcp",
        description = "Run on Google's emulators of Pub/Sub and Firestore instead of local files")
    boolean gcp;

    private final AtomicReference<@Nullable LocalGoogle> google = new AtomicReference<>();
    private final AtomicReference<@Nullable LocalStack> stack = new AtomicReference<>();

    LocalCommand(Terminal terminal) {
      super(terminal);
    }

    @Override
    public Integer call() throws ConfigException, InterruptedException {
      if (workers < 0 || workers > WORKERS_MAX) {
        throw new ConfigException(
            List.of("--workers %d must be from 0 to %d".formatted(workers, WORKERS_MAX)));
      }
      Map<String, String> values = options.over(terminal.environment());
      Config config = Config.read(values, Config.Role.API);
      WayOut wayOut = new WayOut(LocalStack.graceOfAll(config)).hearSignals();
      wayOut.open(this::stages);
      try {
        start(values, config);
      } catch (ConfigException | RuntimeException e) {
        if (wayOut.leaving()) {
          // it cannot be started since it is being ended
          wayOut.untilTheEnd();
        }
        closeGoogle();
        throw e;
      }
      wayOut.untilTheEnd();
      return ExitCode.OK;
    }

    private void start(Map<String, String> values, Config local) throws ConfigException {
      Config config = local;
      if (gcp) {
        LocalGoogle opened = LocalGoogle.start(values, config.data());
        google.set(opened);
        values.putAll(opened.settings());
        config = Config.read(values, Config.Role.API);
        LocalGoogle.init(config.gcp().orElseThrow());
      }
      LocalStack started = LocalStack.start(config, workers, new SystemClock(), this::say);
      stack.set(started);
      say(
          "the console and the API are at http://%s:%d, their health at http://%s:%d/readyz; Ctrl-C ends all"
              .formatted(config.host(), started.port(), config.host(), started.managementPort()));
    }

    /** What has been started so far. */
    private List<Stage> stages() {
      List<Stage> stages = new ArrayList<>();
      LocalStack started = stack.get();
      if (started != null) {
        started.stages().forEach(stage -> stages.add(stage.between(0, gcp ? STACK_UNTIL : 1)));
      }
      if (google.get() != null) {
        stages.add(new Stage(WayOut.closing("the emulators", this::closeGoogle), 1));
      }
      return stages;
    }

    private void closeGoogle() {
      LocalGoogle opened = google.getAndSet(null);
      if (opened != null) {
        opened.close();
      }
    }
  }
}
