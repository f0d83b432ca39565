package dev.holdfast;

import dev.holdfast.job.Clocked;
import io.vertx.core.Future;

/** A stand-in until the worker room is wired. */
final class WorkerRole {
  static Future<WorkerRole> start(Config config, Clocked clock) {
    return Future.failedFuture("this build has no worker");
  }

  Future<Void> close() {
    return Future.succeededFuture();
  }
}
