package dev.holdfast.bench;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Holdfast's worker as a process of its own, with a model that costs nothing under the name of the
 * real one. Answers each line {@value #ITEMS} with how many items it has inferred, and {@value
 * #HEAP} with the MiB that are live on its heap.
 */
final class NoopWorker {

  static final String ITEMS = "items";
  static final String HEAP = "heap";

  private NoopWorker() {}

  public static void main(String[] arguments) throws IOException {
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    Counter items = meters.counter("holdfast.items");
    MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
    Vertx vertx = Vertx.vertx();
    EmbeddedJobs jobs = EmbeddedJobs.open(Path.of(System.getenv("HOLDFAST_DATA")), Api.MODEL);
    EmbeddedJobs.await(vertx.deployVerticle(jobs.worker(meters, event -> {})));
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      switch (line) {
        case ITEMS -> System.out.println((long) items.count());
        case HEAP -> {
          memory.gc();
          System.out.println(memory.getHeapMemoryUsage().getUsed() / (1024.0 * 1024));
        }
        default -> throw new IOException("neither " + ITEMS + " nor " + HEAP + ": " + line);
      }
    }
    System.exit(0);
  }
}
