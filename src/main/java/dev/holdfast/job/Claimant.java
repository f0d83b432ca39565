package dev.holdfast.job;

import java.time.Duration;

/**
 * Who wants to work on a job.
 *
 * @param worker the worker's name
 * @param token random, this attempt's own
 * @param leaseLength for how long the job is to be the attempt's without a word from it
 * @param company with whom it would be worked on; one that is suspected of killing its worker is
 *     not claimed into company that it may harm
 */
public record Claimant(
    String worker, Job.Place place, String token, Duration leaseLength, Company company) {

  /** Which other jobs a worker works on with a job, from the most to the fewest. */
  public enum Company {
    ANY,
    /** Only such whose last attempt ended without a word, as this one's did. */
    SUSPECTS,
    NONE;

    /**
     * What a job may have. Most of those that a dead worker had are innocent, so the first time
     * they are tried together; if that worker dies, too, one of them is to blame.
     *
     * @param deaths attempts in a row that ended without a word and without progress
     */
    static Company after(int deaths) {
      return deaths == 0 ? ANY : deaths == 1 ? SUSPECTS : NONE;
    }
  }
}
