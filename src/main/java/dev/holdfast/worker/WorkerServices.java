package dev.holdfast.worker;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.ExternalInputs;
import dev.holdfast.job.JobEvents;
import dev.holdfast.job.JobQueue;
import dev.holdfast.job.JobRecords;
import dev.holdfast.job.ObjectStore;
import dev.holdfast.job.Traces;
import dev.holdfast.job.WorkerRoster;
import io.micrometer.core.instrument.MeterRegistry;

/** The ports that a worker works through. */
public record WorkerServices(
    JobQueue queue,
    JobEvents events,
    JobRecords records,
    ObjectStore objects,
    ExternalInputs externalInputs,
    WorkerRoster roster,
    Clocked clock,
    MeterRegistry meters,
    Traces traces) {}
