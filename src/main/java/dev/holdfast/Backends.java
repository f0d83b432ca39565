package dev.holdfast;

import dev.holdfast.embedded.Embedded;
import dev.holdfast.gcp.Gcp;
import dev.holdfast.job.Backend;
import dev.holdfast.job.Clocked;
import dev.holdfast.job.JobState;
import java.io.IOException;
import java.util.List;
import java.util.Set;

/** Opens the vendor that the configuration names. */
final class Backends {

  private Backends() {}

  /**
   * Blocks.
   *
   * @param hears events of which states the role watches
   * @throws ConfigException with what the operator can do
   */
  static Backend open(Config config, Clocked clock, Set<JobState> hears) throws ConfigException {
    if (config.gcp().isPresent()) {
      try {
        return Gcp.open(config.gcp().get(), hears);
      } catch (IOException e) {
        throw new ConfigException(
            List.of(
                "Google Cloud project %s cannot be used: %s"
                    .formatted(config.gcp().get().project(), said(e))));
      }
    }
    try {
      return Embedded.open(config.data(), config.inputRoot(), clock);
    } catch (IOException e) {
      throw new ConfigException(
          List.of(
              "%s=%s cannot be used: %s".formatted(Setting.DATA.key(), config.data(), said(e))));
    }
  }

  private static String said(IOException e) {
    return e.getMessage() == null ? e.toString() : e.getMessage();
  }
}
