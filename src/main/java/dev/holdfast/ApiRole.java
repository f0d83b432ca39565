package dev.holdfast;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.WorkerRoster;
import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A stand-in until the api room is wired: it refuses to start. */
final class ApiRole {

  private final Config config;

  private ApiRole(Config config) {
    this.config = config;
  }

  static ApiRole start(Config config, Clocked clock, Supplier<@Nullable String> problem)
      throws ConfigException {
    if (clock.instant().isAfter(Instant.EPOCH)) {
      throw new ConfigException(List.of("this build has no api"));
    }
    return new ApiRole(config);
  }

  int port() {
    return config.port();
  }

  int managementPort() {
    return config.managementPort();
  }

  WorkerRoster roster() {
    if (config.port() >= 0) {
      throw new IllegalStateException("the api has not started");
    }
    throw new IllegalStateException("there is none");
  }

  void close() {}
}
