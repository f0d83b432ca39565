package dev.holdfast.api;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.JobError;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The open streams of one context: their places, their heartbeats, and their end when the process
 * goes. Not thread-safe.
 */
final class Streams implements AutoCloseable {

  /** Heartbeats are sent in so many groups, so that not every client answers at once. */
  private static final int GROUPS = 15;

  private static final Duration RETRY_AFTER = Duration.ofSeconds(5);

  /** From those who are sent away together to the next. */
  private static final Duration FAREWELL_STEP = Duration.ofMillis(20);

  private final ApiOptions.Streams limits;
  private final Permits places;
  private final Clocked clock;
  private final Consumer<Runnable> onContext;
  private final List<Set<LiveStream>> groups = new ArrayList<>();
  private int next;
  private int beating;
  private Clocked.@Nullable Timer timer;
  private Clocked.@Nullable Timer farewell;
  private @Nullable Promise<Void> gone;
  private boolean leaving;

  Streams(ApiOptions.Streams limits, Permits places, Clocked clock, Consumer<Runnable> onContext) {
    this.limits = limits;
    this.places = places;
    this.clock = clock;
    this.onContext = onContext;
    for (int i = 0; i < GROUPS; i++) {
      groups.add(new LinkedHashSet<>());
    }
    again();
  }

  /**
   * A place for one more stream.
   *
   * @throws Refusal if there is none
   */
  Permits.Permit take() {
    if (leaving) {
      throw new Refusal(JobError.UNAVAILABLE, "this server is going; connect again")
          .retryAfter(Duration.ofSeconds(1));
    }
    return places
        .take()
        .orElseThrow(
            () ->
                new Refusal(
                        JobError.UNAVAILABLE,
                        "%d streams are open already; try again later".formatted(places.max()))
                    .retryAfter(RETRY_AFTER));
  }

  /** Looks after a stream until it ends, and begins it. */
  void open(LiveStream stream, Permits.Permit place) {
    Set<LiveStream> group = groups.get(next);
    group.add(stream);
    next = (next + 1) % GROUPS;
    stream
        .wire()
        .onEnd(
            () -> {
              group.remove(stream);
              stream.subscriber().close();
              place.giveBack();
            });
    if (leaving) {
      stream.goAway();
    } else {
      stream.start();
    }
  }

  private void again() {
    if (!leaving) {
      Duration pause = limits.heartbeat().dividedBy(GROUPS);
      timer = clock.after(pause, () -> onContext.accept(this::beat));
    }
  }

  private void beat() {
    beating = (beating + 1) % GROUPS;
    List.copyOf(groups.get(beating)).forEach(LiveStream::beat);
    again();
  }

  /**
   * Takes no more streams, tells every client that this process is going, and ends every stream.
   *
   * @param over how long to take, so that whoever takes them is not met by all at once; until its
   *     turn a stream goes on
   * @return when all are told
   */
  Future<Void> goAway(Duration over) {
    if (gone == null) {
      gone = Promise.promise();
      leaving = true;
      Deque<LiveStream> open = new ArrayDeque<>();
      groups.forEach(open::addAll);
      int steps = (int) Math.max(1, over.dividedBy(FAREWELL_STEP));
      sendAway(open, (open.size() + steps - 1) / steps, gone);
    }
    return gone.future();
  }

  private void sendAway(Deque<LiveStream> open, int atOnce, Promise<Void> told) {
    for (int i = 0; i < atOnce && !open.isEmpty(); i++) {
      open.remove().goAway();
    }
    if (open.isEmpty()) {
      told.complete();
    } else {
      farewell =
          clock.after(FAREWELL_STEP, () -> onContext.accept(() -> sendAway(open, atOnce, told)));
    }
  }

  @Override
  public void close() {
    leaving = true;
    if (timer != null) {
      timer.cancel();
    }
    if (farewell != null) {
      farewell.cancel();
    }
  }
}
