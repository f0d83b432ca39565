package dev.holdfast.client;

import picocli.CommandLine;

/** The verbs of this room, for whoever builds the command line. */
public final class ClientVerbs {

  private ClientVerbs() {}

  public static void addTo(CommandLine commandLine, Terminal terminal) {
    commandLine
        .addSubcommand(new SubmitCommand(terminal))
        .addSubcommand(new JobVerbs.WatchCommand(terminal))
        .addSubcommand(new ResultCommand(terminal))
        .addSubcommand(new JobVerbs.JobsCommand(terminal))
        .addSubcommand(new JobVerbs.CancelCommand(terminal))
        .addSubcommand(new JobVerbs.RetryCommand(terminal))
        .addSubcommand(new DeadCommand(terminal))
        .addSubcommand(new JobVerbs.WorkersCommand(terminal));
  }
}
