package dev.holdfast.planted.job;

import dev.holdfast.job.JobQueue;
import io.vertx.core.Future;
import io.vertx.core.Vertx;

/** Starts Vert.x where only values may be, and acknowledges where only the JobRunner may. */
public final class KnowsVertx {
  Vertx wrong() {
    return Vertx.vertx();
  }

  Future<Void> wrong(JobQueue.Delivery delivery) {
    return delivery.ack();
  }
}
