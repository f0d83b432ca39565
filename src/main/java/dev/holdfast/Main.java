package dev.holdfast;

import dev.holdfast.client.ClientException;
import dev.holdfast.client.ClientVerbs;
import dev.holdfast.client.ExitCode;
import dev.holdfast.client.Terminal;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The one program: the roles that serve and the verbs that ask them. */
@Command(
    name = "holdfast",
    description = "PyTorch inference jobs on GPUs that can vanish.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    footer = {
      "",
      "Exit codes: 0 done; 1 the job failed; 2 wrong usage or configuration; 3 the job was",
      "cancelled; 4 the server refused; 5 the server could not be reached; 70 a fault of Holdfast."
    })
public final class Main implements Runnable {

  static final int FAULT = 70;

  /** Set by the launcher, which can ask the terminal; Java cannot. */
  private static final String TERMINAL_PROPERTY = "holdfast.terminal";

  private static final Logger LOG = LoggerFactory.getLogger(Main.class);

  @Spec CommandSpec spec;

  private Main() {}

  /** Runs one verb and exits with its code. */
  public static void main(String[] args) {
    Terminal terminal =
        new Terminal(
            System.in,
            System.out,
            System.err,
            Boolean.getBoolean(TERMINAL_PROPERTY),
            System.getenv());
    System.exit(run(terminal, args));
  }

  /** Runs one verb; its exit code, see {@link ExitCode}. */
  static int run(Terminal terminal, String... args) {
    return line(terminal).execute(args);
  }

  /** Every verb there is. */
  static CommandLine line(Terminal terminal) {
    CommandLine line = new CommandLine(new Main());
    line.addSubcommand(new ServeCommands.LocalCommand(terminal))
        .addSubcommand(new DemoCommand(terminal))
        .addSubcommand(new ChaosCommand(terminal))
        .addSubcommand(new BenchCommand(terminal))
        .addSubcommand(new ServeCommands.ApiCommand(terminal))
        .addSubcommand(new ServeCommands.WorkerCommand(terminal))
        .addSubcommand(
            new CommandLine(new GcpCommands())
                .addSubcommand(new GcpCommands.InitCommand(terminal))
                .addSubcommand(new GcpCommands.CheckCommand(terminal))
                .addSubcommand(new GcpCommands.StorageCommand(terminal)));
    ClientVerbs.addTo(line, terminal);
    line.addSubcommand("completion", completion());
    line.setOut(new PrintWriter(terminal.out(), true, StandardCharsets.UTF_8));
    line.setErr(new PrintWriter(terminal.err(), true, StandardCharsets.UTF_8));
    line.setExecutionExceptionHandler((e, command, parsed) -> explain(e, terminal));
    return line;
  }

  /** Prints what makes bash and zsh complete the verbs and their options. */
  private static CommandLine completion() {
    CommandLine completion = new CommandLine(new AutoComplete.GenerateCompletion());
    completion
        .getCommandSpec()
        .usageMessage()
        .description("Print a completion script for bash and zsh: source <(./holdfast completion)");
    return completion;
  }

  private static int explain(Exception e, Terminal terminal) {
    if (e instanceof ConfigException config) {
      config.problems().forEach(problem -> terminal.err().println("holdfast: " + problem));
      return ExitCode.USAGE;
    }
    if (e instanceof ClientException client) {
      terminal.err().println("holdfast: " + client.getMessage());
      return client.exitCode();
    }
    terminal.err().println("holdfast: this is a fault of Holdfast; please report it");
    LOG.error("unexpected", e);
    return FAULT;
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Missing verb");
  }
}
