package dev.holdfast.worker;

import dev.holdfast.job.Job;
import io.vertx.core.Future;
import org.jspecify.annotations.Nullable;

/**
 * A job's input, ready to be inferred from its checkpoint on.
 *
 * @param total how many items there are, or null if that is too much to count
 */
record Opening(InputLines lines, @Nullable Long total) {

  /**
   * Counts the items unless somebody has, and takes what an earlier attempt has left.
   *
   * @return fails if the input cannot be read
   */
  static Future<Opening> of(
      Job job, @Nullable Long total, Leftovers leftovers, WorkerServices services) {
    InputLines lines =
        InputLines.open(
            job.spec().input(), job.checkpoint(), services.objects(), services.externalInputs());
    return leftovers
        .load()
        .compose(loaded -> count(job, total, services))
        .map(counted -> new Opening(lines, counted));
  }

  private static Future<@Nullable Long> count(
      Job job, @Nullable Long total, WorkerServices services) {
    return total != null
        ? Future.succeededFuture(total)
        : new Patience(services.clock())
            .with(
                () ->
                    InputLines.count(
                        job.spec().input(), services.objects(), services.externalInputs()));
  }
}
