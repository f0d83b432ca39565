package dev.holdfast.client;

import com.fasterxml.jackson.databind.JsonNode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Lists the dead letters. */
@Command(
    name = "dead",
    description = "List jobs that failed for good, newest first; 'retry ID' sends one again.",
    mixinStandardHelpOptions = true)
final class DeadCommand extends ClientVerb {

  @Option(names = "--limit", defaultValue = "20", description = "How many at most, 1 to 100")
  int limit;

  DeadCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  int run(HoldfastClient client) throws ClientException {
    JsonNode answer = client.deadLetters(limit);
    if (json) {
      print(answer);
      return ExitCode.OK;
    }
    if (!answer.path("dead_letters").isArray()) {
      throw ClientException.senseless("a list without dead letters");
    }
    Table table = new Table("JOB", "AT", "ATTEMPTS", "NOW", "REASON");
    for (JsonNode letter : answer.path("dead_letters")) {
      table.row(
          Http.plain(letter.path("job_id").asText("?")),
          Http.plain(letter.path("at").asText("?")),
          letter.path("attempts").asText("?"),
          Http.plain(letter.path("state").asText("gone")),
          Http.plain(letter.path("reason").asText("")));
    }
    terminal.out().print(table);
    terminal.out().flush();
    return ExitCode.OK;
  }
}
