package dev.holdfast.bench;

import dev.holdfast.client.Metrics;
import dev.holdfast.emulator.FreePort;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.function.LongFunction;

/**
 * An API and a worker.
 *
 * @param text of a sentence by its number; holds nothing that JSON would escape
 */
record HoldfastWay(Stack stack, int managementPort, Metrics metrics, LongFunction<String> text)
    implements Way {

  private static final String HOST = "127.0.0.1";
  private static final String ITEMS = "holdfast_items_total";

  static HoldfastWay start(
      Path data, Path log, Map<String, String> settings, LongFunction<String> text)
      throws IOException, InterruptedException {
    int port = FreePort.find();
    List<String> worker = new ArrayList<>(Stack.Commands.USUAL.worker());
    worker.addAll(List.of("--management-port", Integer.toString(port)));
    Stack.Commands commands = new Stack.Commands(Stack.Commands.USUAL.api(), worker);
    return new HoldfastWay(
        Stack.start(data, log, 0, settings, commands), port, new Metrics(), text);
  }

  @Override
  public double items() throws IOException, InterruptedException {
    return metrics
        .counter(HOST, managementPort, ITEMS)
        .orElseThrow(() -> new IOException("the worker does not tell its " + ITEMS));
  }

  @Override
  public double cpuSeconds() throws IOException {
    return stack.worker().cpuSeconds() + stack.apiProcess().cpuSeconds();
  }

  @Override
  public void pin(int core) throws IOException, InterruptedException {
    stack.worker().pin(core);
    stack.apiProcess().pin(core);
  }

  @Override
  public SideBySide.Ended job(long first, int items) {
    StringBuilder lines = new StringBuilder();
    for (long i = first; i < first + items; i++) {
      lines.append('"').append(text.apply(i)).append("\"\n");
    }
    try {
      double cpu = cpuSeconds();
      long from = System.nanoTime();
      JsonObject ended = stack.api.await(stack.api.submitFile(lines.toString()));
      double seconds = (System.nanoTime() - from) / 1e9;
      long parts = ended.getJsonObject("result").getLong("parts");
      return new SideBySide.Ended(seconds, cpuSeconds() - cpu, parts);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new CompletionException(e);
    }
  }

  @Override
  public void close() {
    stack.close();
  }
}
