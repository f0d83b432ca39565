package dev.holdfast.api;

import dev.holdfast.job.JobId;
import java.util.Map;
import java.util.Optional;

/** What a client of a stream for many jobs says that it had last: {@code job_…:12}. */
final class LastEventId {

  private LastEventId() {}

  /**
   * @param text kept to the contract
   */
  static Map<JobId, Long> of(Optional<String> text) {
    return text.map(
            sent -> {
              int colon = sent.indexOf(':');
              return Map.of(
                  new JobId(sent.substring(0, colon)), Long.valueOf(sent.substring(colon + 1)));
            })
        .orElse(Map.of());
  }
}
