package dev.holdfast.api;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.ExternalInputs;
import dev.holdfast.job.JobEvents;
import dev.holdfast.job.JobIntake;
import dev.holdfast.job.JobQueue;
import dev.holdfast.job.JobStore;
import dev.holdfast.job.ModelSpec;
import dev.holdfast.job.ObjectStore;
import dev.holdfast.job.Traces;
import dev.holdfast.job.Webhooks;
import dev.holdfast.job.WorkerRoster;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;

/** What the api works with; whoever opened them closes them, after the verticles stopped. */
public record ApiServices(
    JobStore store,
    JobQueue queue,
    JobEvents events,
    ObjectStore objects,
    ExternalInputs externalInputs,
    WorkerRoster roster,
    JobIntake intake,
    List<ModelSpec> models,
    Clocked clock,
    MeterRegistry meters,
    Webhooks webhooks,
    Traces traces) {

  public ApiServices {
    models = List.copyOf(models);
  }
}
