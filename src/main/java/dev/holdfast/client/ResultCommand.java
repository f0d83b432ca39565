package dev.holdfast.client;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Fetches the rows of a job. */
@Command(
    name = "result",
    description = "Fetch a job's result as JSONL; a broken download is taken up where it broke.",
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
    long bytes = toFile(client, output);
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

  private long toFile(HoldfastClient client, Path file) throws ClientException {
    Path part = file.resolveSibling(file.getFileName() + ".part");
    try {
      long bytes;
      try (OutputStream out = Files.newOutputStream(part)) {
        bytes = client.download(id, (chunk, length) -> out.write(chunk, 0, length));
      }
      Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
      return bytes;
    } catch (IOException e) {
      throw ClientException.usage("cannot write '%s': %s".formatted(file, e.getMessage()));
    } finally {
      forget(part);
    }
  }

  /** A leftover that cannot be deleted is worth no other outcome. */
  private void forget(Path part) {
    try {
      Files.deleteIfExists(part);
    } catch (IOException e) {
      terminal.err().printf("'%s' is left over and cannot be deleted%n", part);
    }
  }
}
