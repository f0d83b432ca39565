package dev.holdfast.worker;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** Keeps the worker's log silent while thousands of seeds give it reasons to warn. */
final class SimQuiet {

  private final Logger logger = (Logger) LoggerFactory.getLogger("dev.holdfast.worker");
  private @Nullable Level before;

  void begin() {
    before = logger.getLevel();
    logger.setLevel(Level.OFF);
  }

  void end() {
    logger.setLevel(before);
  }
}
