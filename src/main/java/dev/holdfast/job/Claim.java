package dev.holdfast.job;

import java.time.Instant;

/** What a worker may do with a job that was delivered to it. */
public sealed interface Claim {

  /** There is no such job; the delivery can be forgotten. */
  record Gone() implements Claim {}

  /** The job has ended: the delivery is a duplicate. */
  record Terminal(Job job) implements Claim {}

  /** Somebody else holds a live lease. */
  record Busy(Instant until) implements Claim {}

  /** Its last two attempts ended without a word, so it is not claimed into company. */
  record Suspect() implements Claim {}

  /**
   * The job is this attempt's, from its checkpoint on.
   *
   * @param heardOf when the record was last written before that: the last sign of life of an
   *     attempt that was lost
   */
  record Claimed(Job job, Instant heardOf) implements Claim {}
}
