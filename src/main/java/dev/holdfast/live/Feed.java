package dev.holdfast.live;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.JobEvents;
import dev.holdfast.job.JobEvents.JobEvent;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobState;
import io.vertx.core.AsyncResult;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * From events to snapshots. An event only says that there is something to read: one read of the
 * record serves everyone who watches the job, and reads of one job follow each other, so that its
 * versions can only grow. Since an event may be lost, a watched job that has not ended is also read
 * when it has been silent for a while.
 */
public final class Feed implements AutoCloseable {

  /** How late a change is noticed whose event was lost, if the job had news just before. */
  public static final Duration HEAL_PAUSE_MIN = Healing.PAUSE_MIN;

  /** Reads at once; more of them would only wait for each other in the store. */
  private static final int READS_AT_ONCE_MAX = 64;

  private final RecordReader reader;
  private final DrainRate drain;
  private final Limits limits;
  private final JobEvents.Subscription subscription;
  private final Healing healing;
  private final Map<JobId, Topic> topics = new HashMap<>();
  private final Set<Topic> unwatched = new HashSet<>();
  private final WatchersOfAll watchersOfAll = new WatchersOfAll();
  private final ReadQueue ready = new ReadQueue();
  private final FirstLooks looks;
  private int reading;
  private boolean pumping;
  private boolean closed;

  /**
   * @param lookWaitMax for a watcher's first look, with the time until it begins
   * @param unwatchedMax jobs with news that nobody watches by their id and that are not read yet
   */
  public record Limits(Duration lookWaitMax, int unwatchedMax) {
    public static final Limits USUAL = new Limits(Duration.ofSeconds(10), 20_000);
  }

  /**
   * @param drain hears every event, too
   * @param onContext runs a task on the context this belongs to
   */
  public Feed(
      JobEvents events,
      RecordReader reader,
      DrainRate drain,
      Clocked clock,
      Limits limits,
      Consumer<Runnable> onContext) {
    this.reader = reader;
    this.drain = drain;
    this.limits = limits;
    this.looks = new FirstLooks(clock, limits.lookWaitMax(), onContext);
    this.healing = new Healing(clock, onContext, this::want);
    this.subscription = events.subscribe(this::heard);
  }

  /**
   * Watches a job from a look on that begins after this call: what was written before it is in the
   * first snapshot, what is written later follows.
   */
  public Watch watch(JobId job, Watcher watcher) {
    Topic topic = topics.computeIfAbsent(job, Topic::new);
    unwatched.remove(topic);
    Seat seat = new Seat(new ShieldedWatcher(watcher), topic.reads + 1);
    topic.seats.add(seat);
    looks.add(job, seat);
    want(topic);
    return () -> {
      seat.left = true;
      if (topic.seats.remove(seat)) {
        dropIfIdle(topic);
      }
    };
  }

  /** Watches every job that has news from now on, or hears that it has missed some. */
  public Watch watchAll(Watcher watcher) {
    return watchersOfAll.add(watcher);
  }

  /** How many jobs it keeps anything of. */
  int topics() {
    return topics.size();
  }

  private void heard(JobEvent event) {
    drain.heard(event);
    Topic topic = topics.get(event.job());
    if (topic == null) {
      if (watchersOfAll.isEmpty()) {
        return;
      }
      if (unwatched.size() >= limits.unwatchedMax()) {
        watchersOfAll.missed();
        return;
      }
      topic = new Topic(event.job());
      unwatched.add(topic);
      topics.put(event.job(), topic);
    } else if (topic.newest != null && event.version() <= topic.newest.job().version()) {
      return;
    }
    topic.heard = true;
    want(topic);
  }

  private void want(Topic topic) {
    if (topic.reading) {
      topic.again = true;
    } else {
      ready.add(topic, topic.isAwaited());
      pump();
    }
  }

  private void pump() {
    if (pumping) {
      return;
    }
    pumping = true;
    Topic topic;
    while (!closed && reading < READS_AT_ONCE_MAX && (topic = ready.next()) != null) {
      if (topic.isWanted()) {
        begin(topic);
      } else {
        dropIfIdle(topic);
      }
    }
    pumping = false;
  }

  private void begin(Topic topic) {
    topic.reading = true;
    topic.again = false;
    topic.reads++;
    reading++;
    reader
        .read(topic.job)
        .onComplete(
            read -> {
              reading--;
              topic.reading = false;
              if (!closed) {
                done(topic, read);
                pump();
              }
            });
  }

  private void done(Topic topic, AsyncResult<Optional<Snapshot>> read) {
    if (read.failed()) {
      topic.failures++;
      topic.waiting().forEach(seat -> seat.watcher.failed(topic.job, read.cause()));
    } else if (read.result().isEmpty()) {
      topic.newest = null;
      topic.looked().forEach(seat -> seat.watcher.gone(topic.job));
    } else {
      topic.failures = 0;
      topic.heard = false;
      tell(topic, read.result().get());
    }
    if (topic.again) {
      want(topic);
    } else if (topic.isOpen() || (read.failed() && topic.failures < Topic.FAILURES_MAX)) {
      healing.add(topic);
    } else if (read.failed() && topic.heard) {
      watchersOfAll.missed();
    }
    dropIfIdle(topic);
  }

  private void tell(Topic topic, Snapshot snapshot) {
    long before = topic.newest == null ? 0 : topic.newest.job().version();
    if (snapshot.job().version() < before) {
      return;
    }
    boolean isNew = snapshot.job().version() > before;
    topic.newest = snapshot;
    if (isNew) {
      healing.heard(topic);
    }
    for (Seat seat : topic.looked()) {
      if (isNew || !seat.told) {
        seat.told = true;
        seat.watcher.saw(snapshot);
      }
    }
    if (isNew) {
      watchersOfAll.saw(snapshot);
    }
  }

  private void dropIfIdle(Topic topic) {
    if (topic.seats.isEmpty() && !topic.reading && !ready.holds(topic) && topic.due == null) {
      topics.remove(topic.job, topic);
      unwatched.remove(topic);
    }
  }

  /** Hears and reads nothing more. */
  @Override
  public void close() {
    closed = true;
    subscription.close();
    healing.close();
    looks.close();
    ready.clear();
    topics.clear();
    unwatched.clear();
    watchersOfAll.clear();
  }

  /** A job that somebody watches or that has news for those who watch all. */
  final class Topic {

    /** Reads in a row that may fail before news that nobody waits for by its id are given up. */
    private static final int FAILURES_MAX = 5;

    final JobId job;
    private final Set<Seat> seats = new LinkedHashSet<>(2);
    private @Nullable Snapshot newest;
    private long reads;
    private boolean reading;
    private boolean again;
    private int failures;

    /** Whether there are news that no read since has shown. */
    private boolean heard;

    /** Its entry on the list of {@link Healing}, if it is there. */
    Healing.@Nullable Due due;

    /** When it is to be read if nothing is heard, and how long after the last news that is. */
    long healAtNanos;

    Duration pause = Healing.PAUSE_MIN;

    Topic(JobId job) {
      this.job = job;
    }

    /** Those for whom the read that has just ended was new enough. */
    private List<Seat> looked() {
      return seats.stream().filter(seat -> seat.from <= reads).toList();
    }

    private List<Seat> waiting() {
      return seats.stream().filter(seat -> seat.from <= reads && !seat.told).toList();
    }

    private boolean isAwaited() {
      return seats.stream().anyMatch(Seat::waits);
    }

    private boolean isWanted() {
      return !seats.isEmpty() || !watchersOfAll.isEmpty();
    }

    /** Whether somebody watches it and more may happen to it. */
    boolean isOpen() {
      return !seats.isEmpty() && newest != null && newest.job().state() != JobState.COMPLETE;
    }

    /** Whether more happens to it only if somebody asks for it. */
    boolean hasEnded() {
      return newest != null && newest.job().state().terminal();
    }

    /** Whether it should still be read at its time. */
    boolean isToBeHealed() {
      return isOpen() || (failures > 0 && failures < FAILURES_MAX && isWanted());
    }

    /** No longer on the list of {@link Healing}. */
    void healed() {
      due = null;
      dropIfIdle(this);
    }
  }
}
