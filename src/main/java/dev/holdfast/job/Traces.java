package dev.holdfast.job;

import io.vertx.core.Future;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Where it is told what a job went through and how long each step took: one trace a job, across all
 * its attempts, since its {@link JobSpec#traceparent} names the step that made it.
 *
 * <p>Nothing of this ever fails or blocks. Thread-safe, as its steps are.
 */
public interface Traces {

  /** What a step is to those on its other side. */
  enum Kind {
    /** Answers a client. */
    SERVER,
    /** Works off a message. */
    CONSUMER,
    INTERNAL
  }

  /**
   * Begins a step.
   *
   * @param parent the step that this one is part of or follows from, as a W3C traceparent; null
   *     begins a trace
   * @param agoNanos how long ago it began
   */
  Step begin(Kind kind, String name, @Nullable String parent, long agoNanos);

  default Step begin(Kind kind, String name, @Nullable String parent) {
    return begin(kind, name, parent, 0);
  }

  /** Something that takes time. Ended once; what is told after that is lost. */
  interface Step {

    /** What those name that go on from here; null if they need not. */
    @Nullable String traceparent();

    Step with(String key, String value);

    Step with(String key, long value);

    /** It did not come to what it should. */
    Step failed(Throwable why);

    void end();
  }

  /** Goes through a step of its own. */
  default <T extends @Nullable Object> Future<T> step(
      String name, @Nullable String parent, Supplier<Future<T>> work) {
    Step step = begin(Kind.INTERNAL, name, parent);
    return work.get().onFailure(step::failed).onComplete(done -> step.end());
  }

  /** Tells nobody, and hands on what it was given. */
  Traces OFF = (kind, name, parent, agoNanos) -> new Untold(parent);

  /**
   * @param traceparent of whoever asked
   */
  record Untold(@Nullable String traceparent) implements Step {

    @Override
    public Step with(String key, String value) {
      return this;
    }

    @Override
    public Step with(String key, long value) {
      return this;
    }

    @Override
    public Step failed(Throwable why) {
      return this;
    }

    @Override
    public void end() {}
  }
}
