package dev.holdfast.job;

import java.time.Duration;

/**
 * Who wants to work on a job.
 *
 * @param worker the worker's name
 * @param token random, this attempt's own
 * @param leaseLength for how long the job is to be the attempt's without a word from it
 * @param alone whether it would be the only one that the worker works on; a suspect is not claimed
 *     otherwise
 */
public record Claimant(
    String worker, Job.Place place, String token, Duration leaseLength, boolean alone) {}
