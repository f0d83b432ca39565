package dev.holdfast.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Option;

/** What all client verbs have in common. */
abstract class ClientVerb implements Callable<Integer> {

  static final String SERVER_KEY = "HOLDFAST_SERVER";
  static final String SERVER_STANDARD = "http://127.0.0.1:8080";

  @Option(
      names = "--server",
      paramLabel = "URL",
      description = "The server; HOLDFAST_SERVER, else " + SERVER_STANDARD)
  String server;

  @Option(names = "--json", description = "Print what the server said, one JSON object a line")
  boolean json;

  final Terminal terminal;

  ClientVerb(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public final Integer call() throws ClientException {
    String address = server;
    if (address == null) {
      address = terminal.environment().getOrDefault(SERVER_KEY, SERVER_STANDARD);
    }
    return run(new HoldfastClient(address));
  }

  /** Does it; the exit code. */
  abstract int run(HoldfastClient client) throws ClientException;

  final void print(String line) {
    terminal.out().println(line);
    terminal.out().flush();
  }

  final void print(JsonNode answer) {
    print(answer.toString());
  }
}
