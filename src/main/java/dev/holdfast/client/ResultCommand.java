package dev.holdfast.client;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Fetches the rows of a job. */
@Command(
    name = "result",
    description = {
      "Fetch a job's result as JSONL. A broken download is taken up where it broke; with --output also",
      "by the next run, from FILE.part."
    },
    mixinStandardHelpOptions = true)
final class ResultCommand extends JobVerbs.OnJob {

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = "Where to, whole or not at all; else to the standard output")
  Path output;

  ResultCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  int run(HoldfastClient client) throws ClientException {
    if (output == null) {
      client.download(id, this::toStandardOutput);
      return ExitCode.OK;
    }
    long bytes = PartFile.fetch(client, id, output);
    if (json) {
      print(Http.JSON.createObjectNode().put("file", output.toString()).put("bytes", bytes));
    }
    return ExitCode.OK;
  }

  private void toStandardOutput(byte[] bytes, int length) throws IOException {
    PrintStream out = terminal.out();
    out.write(bytes, 0, length);
    if (out.checkError()) {
      throw new IOException("the reader of the standard output is gone");
    }
  }
}
