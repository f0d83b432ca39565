package dev.holdfast.telemetry;

import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.slf4j.LoggerFactory;

/**
 * What OpenTelemetry has to say, in our log. By itself it writes past it, a page for each time that
 * a collector is away.
 */
final class OpenTelemetryLog extends Handler {

  private static final String NAME = "io.opentelemetry";
  private static final org.slf4j.Logger LOG = LoggerFactory.getLogger(NAME);

  /** Held, since loggers that nobody holds forget what they were told. */
  private static final Logger THEIRS = Logger.getLogger(NAME);

  private final SimpleFormatter words = new SimpleFormatter();

  private OpenTelemetryLog() {}

  /** From now on; idempotent. */
  static synchronized void adopt() {
    if (THEIRS.getUseParentHandlers()) {
      THEIRS.setUseParentHandlers(false);
      // it tells at every start that it was found and not asked to set itself up
      THEIRS.setLevel(Level.WARNING);
      THEIRS.addHandler(new OpenTelemetryLog());
    }
  }

  @Override
  public void publish(LogRecord record) {
    LOG.warn(words.formatMessage(record));
  }

  @Override
  public void flush() {}

  @Override
  public void close() {}
}
