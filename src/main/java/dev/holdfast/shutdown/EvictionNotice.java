package dev.holdfast.shutdown;

import io.vertx.core.Future;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Somebody who knows before us that this machine will be taken away.
 *
 * <p>A source is a convenience: it is never the reason why a process does not start, does not stop
 * or dies. Neither method throws, blocks or fails. Both may be called from any thread.
 */
public interface EvictionNotice {

  /**
   * Listens from now on, until {@link #close}. A second call, or one after {@code close}, does
   * nothing.
   *
   * @param listener hears each distinct notice at most once. It runs on a thread of the source's
   *     choosing, as a rule an event loop, so it must not block; sources that were combined may
   *     call it from several threads at once. What it throws is logged and forgotten, and the
   *     notice counts as heard.
   */
  void start(Consumer<Notice> listener);

  /**
   * Ends the listening: pending requests are cut off, timers stopped. A second call answers as the
   * first did.
   *
   * @return completes, always with success, when nothing is asked and nobody is told any more
   */
  Future<Void> close();

  /**
   * That this machine, or at least this process, has to go.
   *
   * @param source who says so, in a word or two for the logs: {@code GCE}, {@code file}
   * @param what what was said, in a few words for the logs
   * @param deadline how long is left from now on, as far as the source knows; a negative one
   *     becomes zero, which means that the end may come at any moment. Empty if it did not say:
   *     then the usual budget of a drain is all there is.
   * @param certain false for a mere warning that an eviction has become more likely (AWS calls it a
   *     rebalance recommendation). It is not yet an eviction, it may never become one, and it is no
   *     reason to drain: who hears it may take no new large job, or cut a checkpoint early. If the
   *     eviction comes it is announced by a notice of its own.
   */
  record Notice(String source, String what, Optional<Duration> deadline, boolean certain) {
    public Notice {
      deadline = deadline.map(left -> left.isNegative() ? Duration.ZERO : left);
    }
  }
}
