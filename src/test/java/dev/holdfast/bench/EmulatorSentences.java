package dev.holdfast.bench;

import dev.holdfast.Sentences;
import dev.holdfast.SystemClock;
import dev.holdfast.gcp.Gcp;
import dev.holdfast.job.Precision;
import dev.holdfast.worker.WorkerOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What the framework costs around a real model on Google's emulators: jobs of one sentence, over
 * the bare loop. The emulators and the endpoint that stands in for Cloud Storage have one core: of
 * the worker and the bare loop, it is the other one or, on the same threads, one of both. Each
 * round begins with a backlog.
 */
final class EmulatorSentences {

  private static final int JOBS = Integer.getInteger("bench.emulators.small", 5_000);
  private static final int WARM_UP = 1_500;
  private static final long WARM_UP_FIRST = 800_000;
  private static final int EMULATOR_CORE = 1;

  private EmulatorSentences() {}

  static void run(Path directory, Path log, Path model, Same same, Report report) throws Exception {
    Optional<GoogleStack> google = GoogleStack.start(directory, log);
    if (google.isEmpty()) {
      return;
    }
    String location = model.toAbsolutePath().toString();
    SystemClock clock = new SystemClock();
    try (GoogleStack stack = google.get();
        Gcp gcp = Gcp.open(stack.options(), WorkerOptions.HEARS)) {
      stack.pin(EMULATOR_CORE);
      GoogleJobs backlog = new GoogleJobs(gcp, clock);
      try (BareComparison bare = BareComparison.start(model, same.core(), log, report);
          Child worker =
              Child.start(
                  same.core(),
                  stack.options().emulators(),
                  log,
                  Stack.WORKER_FLAGS,
                  GoogleWorker.command(location, Precision.FP32))) {
        bare.warmUp(WARM_UP);
        worker.answer();
        worked(backlog, worker, location, WARM_UP_FIRST, WARM_UP);
        bare.with(
            "%d jobs of one sentence on emulators, %s".formatted(JOBS, same.words()),
            JOBS,
            worker,
            first -> worked(backlog, worker, location, first, JOBS));
      }
    } finally {
      clock.close();
    }
  }

  private static double worked(
      GoogleJobs backlog, Child worker, String location, long first, int jobs) throws IOException {
    backlog.submit(GoogleWorker.name(location), jobs, i -> Sentences.at(first + i));
    return Double.parseDouble(worker.ask(Integer.toString(jobs)));
  }
}
