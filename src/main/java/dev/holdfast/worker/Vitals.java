package dev.holdfast.worker;

import dev.holdfast.job.Clocked;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Whether a worker can still do anything: its event loop and the threads of its models come round.
 * Thread-safe.
 */
final class Vitals {

  private final Map<String, Serving> models;
  private final Loop loop;
  private final Pulse pulse;

  Vitals(Map<String, Serving> models, Loop loop, Clocked clock) {
    this.models = models;
    this.loop = loop;
    this.pulse = new Pulse("of the event loop", Pulse.LOOP_STUCK_AFTER, clock);
  }

  /**
   * Why nothing more is to be expected, or null. To be asked now and then: a loop is found stuck by
   * a question that it has not answered since.
   */
  synchronized @Nullable String ailment() {
    String stuck = pulse.ailment();
    if (stuck == null && pulse.resting()) {
      pulse.begins();
      loop.execute(pulse::rests);
    }
    return stuck != null
        ? stuck
        : models.values().stream()
            .map(serving -> serving.batcher().ailment())
            .filter(Objects::nonNull)
            .findFirst()
            .orElse(null);
  }
}
