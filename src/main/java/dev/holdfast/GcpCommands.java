package dev.holdfast;

import dev.holdfast.client.ExitCode;
import dev.holdfast.client.Terminal;
import dev.holdfast.emulator.StorageEndpoint;
import dev.holdfast.gcp.GcpOptions;
import dev.holdfast.gcp.GcpSetup;
import dev.holdfast.shutdown.ShutdownVerticle.Stage;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The verbs that look after the resources in Google Cloud. */
@Command(
    name = "gcp",
    description = "Make and check topics, subscriptions and the bucket in Google Cloud.",
    mixinStandardHelpOptions = true)
final class GcpCommands implements Runnable {

  /** The exit code when something is missing or mis-set. */
  private static final int PROBLEMS = 1;

  @Spec CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Missing verb: init, check or storage");
  }

  /** What both have in common. */
  abstract static class OnSetup implements Callable<Integer> {
    @Mixin RoleOptions options;

    @Option(names = "--json", description = "Print each finding as one JSON object a line")
    boolean json;

    private final Terminal terminal;

    OnSetup(Terminal terminal) {
      this.terminal = terminal;
    }

    abstract List<GcpSetup.Finding> run(GcpSetup setup);

    @Override
    public Integer call() throws ConfigException {
      Map<String, String> values = new LinkedHashMap<>(options.over(terminal.environment()));
      values.put(Setting.BACKEND.key(), Config.BackendKind.GCP.text());
      GcpOptions gcp = Config.read(values, Config.Role.API).gcp().orElseThrow();
      List<GcpSetup.Finding> findings;
      try (GcpSetup setup = GcpSetup.open(gcp)) {
        findings = run(setup);
      } catch (IOException e) {
        throw new ConfigException(
            List.of("Google Cloud cannot be used: %s".formatted(e.getMessage())));
      }
      findings.forEach(
          finding -> terminal.out().println(json ? finding.json().encode() : finding.line()));
      terminal.out().flush();
      return findings.stream().anyMatch(f -> f.level() == GcpSetup.Level.PROBLEM)
          ? PROBLEMS
          : ExitCode.OK;
    }
  }

  @Command(
      name = "init",
      description = "Make what is missing and repair what can be; may be run again.",
      mixinStandardHelpOptions = true)
  static final class InitCommand extends OnSetup {
    InitCommand(Terminal terminal) {
      super(terminal);
    }

    @Override
    List<GcpSetup.Finding> run(GcpSetup setup) {
      return setup.init();
    }
  }

  @Command(
      name = "storage",
      description =
          "Serve a stand-in for Cloud Storage from --data at --host and --port, for development:"
              + " nobody is asked who they are.",
      mixinStandardHelpOptions = true)
  static final class StorageCommand extends ServeCommands.Serve {
    StorageCommand(Terminal terminal) {
      super(terminal);
    }

    @Override
    public Integer call() throws ConfigException, InterruptedException {
      Config config = config(Config.Role.API);
      WayOut wayOut = new WayOut(config.grace()).hearSignals();
      Vertx vertx = Vertx.vertx();
      StorageEndpoint storage =
          Awaited.start(
              StorageEndpoint.start(vertx, config.host(), config.port(), config.data()),
              config,
              Setting.PORT);
      say("objects are served at " + storage.url());
      wayOut.serve(List.of(new Stage(WayOut.leaving("the objects", vertx::close), 1)));
      return ExitCode.OK;
    }
  }

  @Command(
      name = "check",
      description = "Say what is missing or mis-set and what to do; exit 1 if anything is.",
      mixinStandardHelpOptions = true)
  static final class CheckCommand extends OnSetup {
    CheckCommand(Terminal terminal) {
      super(terminal);
    }

    @Override
    List<GcpSetup.Finding> run(GcpSetup setup) {
      return setup.check();
    }
  }
}
