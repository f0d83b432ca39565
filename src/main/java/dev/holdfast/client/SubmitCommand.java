package dev.holdfast.client;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Hands in a job and says its id. */
@Command(
    name = "submit",
    description = "Submit a job and print its id.",
    mixinStandardHelpOptions = true)
final class SubmitCommand extends ClientVerb {

  @Option(names = "--model", required = true, paramLabel = "NAME", description = "The model")
  String model;

  @ArgGroup(exclusive = true, multiplicity = "1")
  Source source;

  /** Where the items come from: exactly one. */
  static final class Source {
    @Option(
        names = "--file",
        paramLabel = "FILE",
        description = "A JSONL file of yours, which is uploaded: one item a line")
    Path file;

    @Option(
        names = "--uri",
        paramLabel = "URI",
        description = "A JSONL file that the server can read")
    String uri;

    @Option(names = "--text", paramLabel = "TEXT", description = "A text; give it again for more")
    List<String> texts;

    @Parameters(
        arity = "1",
        paramLabel = "STDIN",
        description = "- reads texts from the standard input, one a line")
    String stdin;
  }

  @Option(names = "--label", paramLabel = "NAME=VALUE", description = "A label of your own")
  Map<String, String> labels = Map.of();

  @Option(
      names = "--idempotency-key",
      paramLabel = "KEY",
      description = "The same key again is the same job")
  String idempotencyKey;

  @Option(
      names = "--webhook",
      paramLabel = "URL",
      description = "Where the server shall tell that the job has ended")
  String webhook;

  @Option(
      names = "--encoding",
      paramLabel = "ENCODING",
      description = "How the numbers of the rows are written: json, or base64 in half the bytes")
  String encoding;

  @Option(names = "--watch", description = "Watch the job until it ends")
  boolean watch;

  SubmitCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  int run(HoldfastClient client) throws ClientException {
    ObjectNode body = Http.JSON.createObjectNode().put("model", model);
    input(client, body);
    if (!labels.isEmpty()) {
      ObjectNode named = body.putObject("labels");
      labels.forEach(named::put);
    }
    if (webhook != null) {
      body.putObject("webhook").put("url", webhook);
    }
    if (encoding != null) {
      body.put("encoding", encoding);
    }
    String key = idempotencyKey == null ? UUID.randomUUID().toString() : idempotencyKey;
    JobView job = client.submit(body, key);
    if (!json) {
      print(job.id());
    } else if (!watch) {
      print(job.json());
    }
    return watch ? new Watch(client, terminal, json).untilEnd(job) : ExitCode.OK;
  }

  private void input(HoldfastClient client, ObjectNode body) throws ClientException {
    ObjectNode input = body.putObject("input");
    if (source.file != null) {
      if (!Files.isRegularFile(source.file)) {
        throw ClientException.usage(
            "there is no file '%s'".formatted(Http.plain(source.file.toString())));
      }
      input.put("input_id", client.upload(source.file));
    } else if (source.uri != null) {
      input.put("uri", source.uri);
    } else if (source.texts != null) {
      ArrayNode items = input.putArray("items");
      source.texts.forEach(items::add);
    } else if (source.stdin.equals("-")) {
      input.put("input_id", uploadLines(client));
    } else {
      throw ClientException.usage(
          "'%s' is not understood: name a file with --file, or read lines with -"
              .formatted(Http.plain(source.stdin)));
    }
  }

  /** Lines become a file first: an upload that breaks must be sent again from its start. */
  private String uploadLines(HoldfastClient client) throws ClientException {
    Path file = null;
    try {
      file = Files.createTempFile("holdfast-", ".jsonl");
      writeItems(file);
      return client.upload(file);
    } catch (IOException e) {
      throw ClientException.usage("cannot read the lines: " + e.getMessage());
    } finally {
      delete(file);
    }
  }

  private void writeItems(Path file) throws IOException {
    try (BufferedReader in =
            new BufferedReader(new InputStreamReader(terminal.in(), StandardCharsets.UTF_8));
        BufferedWriter out = Files.newBufferedWriter(file);
        Stream<String> lines = in.lines()) {
      for (String line : (Iterable<String>) lines::iterator) {
        if (!line.isBlank()) {
          out.write(Http.JSON.writeValueAsString(line));
          out.write('\n');
        }
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static void delete(@Nullable Path file) throws ClientException {
    try {
      if (file != null) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw ClientException.usage("cannot delete '%s'".formatted(file));
    }
  }
}
