package dev.holdfast;

import io.vertx.core.Future;
import java.net.BindException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Waits for the two things that a whole process waits for: its start and its end. */
final class Awaited {

  private static final Logger LOG = LoggerFactory.getLogger(Awaited.class);
  private static final Duration START_MAX = Duration.ofSeconds(60);

  private Awaited() {}

  /**
   * @param port the setting to name if a port turns out to be in use
   * @throws ConfigException if it cannot start, with the reason for an operator
   */
  static <T> T start(Future<T> starting, Config config, Setting port) throws ConfigException {
    try {
      return starting
          .toCompletionStage()
          .toCompletableFuture()
          .get(START_MAX.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw refused(e.getCause() == null ? e : e.getCause(), config, port);
    } catch (TimeoutException e) {
      throw new ConfigException(
          List.of("did not start within %s".formatted(DurationText.print(START_MAX))));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ConfigException(List.of("interrupted"));
    }
  }

  /** Java's sockets have an exception of their own for this, Linux's only their message. */
  private static ConfigException refused(Throwable cause, Config config, Setting port) {
    for (Throwable at = cause; at != null; at = at.getCause()) {
      if (at instanceof BindException || String.valueOf(at.getMessage()).startsWith("bind(")) {
        int number = port == Setting.PORT ? config.port() : config.managementPort();
        return new ConfigException(
            List.of(
                "%s=%d cannot be used on %s: %s; choose another, or 0 for any free one"
                    .formatted(port.key(), number, config.host(), at.getMessage())));
      }
    }
    return new ConfigException(List.of("cannot start: " + cause.getMessage()));
  }

  /** Waits for an orderly end, as long as the grace and no longer. */
  static void close(Future<?> closing, Duration grace) {
    try {
      closing
          .toCompletionStage()
          .toCompletableFuture()
          .get(grace.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      LOG.warn("the end was not orderly; other workers take over what was left", e.getCause());
    } catch (TimeoutException e) {
      LOG.warn(
          "not done within {}; other workers take over what was left", DurationText.print(grace));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
