package dev.holdfast;

import dev.holdfast.shutdown.ShutdownVerticle.Stage;
import dev.holdfast.telemetry.OpenTelemetryTraces;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What every role ends with, each by itself, so that none costs the others their turn. Traces
 * first: they are of use to somebody afterwards, while whatever a store holds is durable before it
 * is closed, and its closing waits for calls that may hang.
 */
final class LastStages {

  /** The share of the budget by which whatever is before them should be done: 11 of 12 s. */
  static final double FROM = 11.0 / 12;

  private static final double TRACES_UNTIL = 23.0 / 24;

  private LastStages() {}

  /**
   * @param stores closes them; may block
   */
  static List<Stage> of(Optional<OpenTelemetryTraces> traces, Runnable stores) {
    List<Stage> stages = new ArrayList<>();
    traces.ifPresent(
        open -> stages.add(new Stage(WayOut.closing("the traces", open::close), TRACES_UNTIL)));
    stages.add(new Stage(WayOut.closing("the stores", stores), 1));
    return stages;
  }
}
