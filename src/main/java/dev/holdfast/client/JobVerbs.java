package dev.holdfast.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The verbs that need a few lines each. */
final class JobVerbs {

  private JobVerbs() {}

  /** A verb on one job. */
  abstract static class OnJob extends ClientVerb {
    @Parameters(paramLabel = "ID", description = "The job's id")
    String id;

    OnJob(Terminal terminal) {
      super(terminal);
    }

    final int show(JobView job) {
      if (json) {
        print(job.json());
      } else {
        print("%s is %s".formatted(job.id(), job.state()));
      }
      return ExitCode.OK;
    }
  }

  @Command(
      name = "watch",
      description = "Follow a job to its end; exit 0 complete, 1 failed, 3 cancelled.",
      mixinStandardHelpOptions = true)
  static final class WatchCommand extends OnJob {
    WatchCommand(Terminal terminal) {
      super(terminal);
    }

    @Override
    int run(HoldfastClient client) throws ClientException {
      return new Watch(client, terminal, json).untilEnd(client.job(id));
    }
  }

  @Command(
      name = "cancel",
      description = "Cancel a job that has not ended.",
      mixinStandardHelpOptions = true)
  static final class CancelCommand extends OnJob {
    CancelCommand(Terminal terminal) {
      super(terminal);
    }

    @Override
    int run(HoldfastClient client) throws ClientException {
      return show(client.cancel(id));
    }
  }

  @Command(
      name = "retry",
      description = "Send a failed or cancelled job on its way again, from its checkpoint.",
      mixinStandardHelpOptions = true)
  static final class RetryCommand extends OnJob {
    RetryCommand(Terminal terminal) {
      super(terminal);
    }

    @Override
    int run(HoldfastClient client) throws ClientException {
      return show(client.retry(id));
    }
  }

  @Command(name = "jobs", description = "List jobs, newest first.", mixinStandardHelpOptions = true)
  static final class JobsCommand extends ClientVerb {
    @Option(names = "--state", defaultValue = "", description = "Only jobs in this state")
    String state;

    @Option(names = "--model", defaultValue = "", description = "Only jobs for this model")
    String model;

    @Option(
        names = "--label",
        defaultValue = "",
        paramLabel = "NAME=VALUE",
        description = "Only jobs with this label")
    String label;

    @Option(names = "--limit", defaultValue = "20", description = "How many at most, 1 to 100")
    int limit;

    JobsCommand(Terminal terminal) {
      super(terminal);
    }

    @Override
    int run(HoldfastClient client) throws ClientException {
      Map<String, String> query = new LinkedHashMap<>();
      query.put("state", state);
      query.put("model", model);
      query.put("label", label.replaceFirst("=", ":"));
      query.put("limit", Integer.toString(limit));
      JsonNode page = client.jobs(query);
      if (json) {
        print(page);
        return ExitCode.OK;
      }
      if (!page.path("jobs").isArray()) {
        throw ClientException.senseless("a page without jobs");
      }
      Table table = new Table("ID", "STATE", "MODEL", "DONE", "TOTAL", "FAILED", "CREATED");
      for (JsonNode entry : page.path("jobs")) {
        JobView job = JobView.of(entry);
        table.row(
            job.id(),
            job.state(),
            job.model(),
            Long.toString(job.done()),
            job.total() == null ? "?" : Long.toString(job.total()),
            Long.toString(job.failed()),
            Http.plain(entry.path("created_at").asText("?")));
      }
      terminal.out().print(table);
      terminal.out().flush();
      return ExitCode.OK;
    }
  }

  @Command(name = "workers", description = "List who serves.", mixinStandardHelpOptions = true)
  static final class WorkersCommand extends ClientVerb {
    WorkersCommand(Terminal terminal) {
      super(terminal);
    }

    @Override
    int run(HoldfastClient client) throws ClientException {
      JsonNode answer = client.workers();
      if (json) {
        print(answer);
        return ExitCode.OK;
      }
      if (!answer.path("workers").isArray()) {
        throw ClientException.senseless("a list without workers");
      }
      Table table =
          new Table(
              "ID", "NODE", "ZONE", "SPOT", "PID", "READY", "IN FLIGHT", "ITEMS DONE", "REASON");
      for (JsonNode worker : answer.path("workers")) {
        table.row(
            Http.plain(worker.path("id").asText("?")),
            Http.plain(worker.path("node").asText("?")),
            Http.plain(worker.path("zone").asText("?")),
            worker.path("spot").isBoolean() ? worker.path("spot").asBoolean() ? "yes" : "no" : "?",
            worker.path("pid").asText("?"),
            worker.path("ready").asBoolean() ? "yes" : "no",
            worker.path("in_flight").asText("?") + "/" + worker.path("slots").asText("?"),
            worker.path("items_done").asText("?"),
            Http.plain(worker.path("reason").asText("")));
      }
      terminal.out().print(table);
      terminal.out().flush();
      return ExitCode.OK;
    }
  }
}
