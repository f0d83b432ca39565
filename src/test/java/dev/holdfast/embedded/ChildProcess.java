package dev.holdfast.embedded;

import static dev.holdfast.contract.Futures.await;

import dev.holdfast.SystemClock;
import dev.holdfast.contract.Jobs;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobQueue.Delivery;
import dev.holdfast.job.JobQueue.Message;
import dev.holdfast.job.JobStore.Created;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** A real second process on a data directory. Prints one line for each thing that is durable. */
final class ChildProcess {

  private ChildProcess() {}

  /** Starts {@code verb} in a JVM of its own; the caller ends it. */
  static Process start(Path data, String verb) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            ChildProcess.class.getName(),
            data.toString(),
            verb)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  public static void main(String[] arguments) throws IOException {
    try (SystemClock clock = new SystemClock();
        Embedded embedded = Embedded.open(Path.of(arguments[0]), Optional.empty(), clock)) {
      switch (arguments[1]) {
        case "echo" -> echo(embedded);
        case "write" -> write(embedded);
        default -> throw new IllegalArgumentException(arguments[1]);
      }
    }
  }

  /** Takes messages until something comes on its input. */
  private static void echo(Embedded embedded) throws IOException {
    while (System.in.available() == 0) {
      var pulled = embedded.queue().pull(10, Duration.ofMinutes(1), Duration.ofMillis(100));
      for (Delivery delivery : await(pulled)) {
        await(delivery.ack());
        System.out.println(delivery.message().job().value());
      }
    }
  }

  /** Writes records, messages and objects until it is killed. */
  private static void write(Embedded embedded) {
    while (true) {
      Job job = Jobs.queued(Jobs.NOON);
      Future<Created> record = embedded.store().create(job);
      Future<Void> message = embedded.queue().publish(new Message(job.id(), Map.of()));
      Future<Boolean> object =
          embedded
              .objects()
              .create(job.partKey(0), Buffer.buffer("x".repeat(200_000)), Map.of("items", "1"));
      await(Future.all(record, message, object));
      System.out.println(job.id().value());
    }
  }
}
