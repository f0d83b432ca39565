package dev.holdfast.shutdown;

import dev.holdfast.shutdown.EvictionNotice.Notice;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.function.Consumer;

/** One place where a notice can show, and how to look there once. */
interface Probe {

  /** What the logs call the place. */
  String place();

  /**
   * Looks once. Called on one context, and never while a look is under way.
   *
   * @param tell takes a notice, on the same context; the probe sees to it that it tells each once
   * @return how long to wait until the next look; fails, or throws, if the place gave no sensible
   *     answer, with a message in words
   */
  Future<Duration> look(Consumer<Notice> tell);
}
