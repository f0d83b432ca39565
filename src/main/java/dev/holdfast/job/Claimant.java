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
    NONE;

    /**
     * What a job may have. Where machines vanish, most of what a dead worker had is innocent, so
     * one death changes nothing; but whoever was there at two in a row may be to blame for both.
     *
     * @param deaths attempts in a row that ended without a word and without progress
     */
    static Company after(int deaths) {
      return deaths < JobLife.SUSPECTS_MAX - 1 ? ANY : NONE;
    }
  }
}
