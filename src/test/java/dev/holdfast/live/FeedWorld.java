package dev.holdfast.live;

import dev.holdfast.contract.Jobs;
import dev.holdfast.job.Clocked;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobEvents;
import dev.holdfast.job.JobEvents.JobEvent;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobState;
import dev.holdfast.world.ManualClock;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.function.Consumer;

/** A feed and its subscribers in one thread, with events, reads and time in the test's hand. */
final class FeedWorld {

  private final ManualClock hands = new ManualClock();
  final Clocked clock = new Stopwatch();
  final Map<JobId, Job> records = new HashMap<>();
  final Queue<Runnable> reads = new ArrayDeque<>();
  final List<Consumer<JobEvent>> listeners = new ArrayList<>();
  final Feed feed;
  boolean broken;

  FeedWorld() {
    this(Feed.Limits.USUAL);
  }

  FeedWorld(Feed.Limits limits) {
    feed = new Feed(new Bus(), this::read, new DrainRate(clock), clock, limits, Runnable::run);
  }

  /** The clock, with a stopwatch that goes with its hands. */
  private final class Stopwatch implements Clocked {
    @Override
    public Instant instant() {
      return hands.instant();
    }

    @Override
    public long nanos() {
      return Duration.between(Instant.EPOCH, hands.instant()).toNanos();
    }

    @Override
    public Timer after(Duration delay, Runnable task) {
      return hands.after(delay, task);
    }
  }

  void advance(Duration by) {
    hands.advance(by);
  }

  /** Events that arrive when the test says so. */
  private final class Bus implements JobEvents {
    @Override
    public Future<Void> publish(JobEvent event) {
      return Future.succeededFuture();
    }

    @Override
    public Subscription subscribe(Set<JobState> states, Consumer<JobEvent> listener) {
      listeners.add(listener);
      return () -> listeners.remove(listener);
    }
  }

  private Future<Optional<Snapshot>> read(JobId id) {
    Promise<Optional<Snapshot>> answer = Promise.promise();
    // what a read finds is decided when it begins: a worse store than any
    Optional<Snapshot> found =
        Optional.ofNullable(records.get(id)).map(job -> new Snapshot(job, null));
    boolean fails = broken;
    reads.add(
        () -> {
          if (fails) {
            answer.fail(new IOException("no answer"));
          } else {
            answer.complete(found);
          }
        });
    return answer.future();
  }

  void finishRead() {
    reads.remove().run();
  }

  void finishReads() {
    for (Runnable read = reads.poll(); read != null; read = reads.poll()) {
      read.run();
    }
  }

  void hear(Job job) {
    List.copyOf(listeners).forEach(listener -> listener.accept(JobEvent.of(job)));
  }

  Job created() {
    Job job = Jobs.queued(clock.instant());
    records.put(job.id(), job);
    return job;
  }

  Job written(Job before, JobState state) {
    Job next = Jobs.next(before, state);
    records.put(next.id(), next);
    return next;
  }

  /** An outlet that can be shut. */
  static final class Client implements Subscriber.Outlet {
    final List<String> heard = new ArrayList<>();
    boolean full;
    boolean broken;
    boolean overflowed;
    int missed;

    @Override
    public boolean full() {
      if (broken) {
        throw new IllegalStateException("closed");
      }
      return full;
    }

    @Override
    public void send(News news) {
      heard.add(news.type().wireName() + " " + news.snapshot().job().version());
    }

    @Override
    public void gone(JobId job) {
      heard.add("gone");
    }

    @Override
    public void overflow() {
      overflowed = true;
    }

    @Override
    public void missed() {
      missed++;
    }
  }

  Subscriber subscriber(Client client) {
    Subscriber subscriber = new Subscriber(feed, 3);
    subscriber.attach(client);
    return subscriber;
  }

  Client watching(Job job) {
    Client client = new Client();
    subscriber(client).subscribe(List.of(job.id()), Map.of());
    finishReads();
    return client;
  }
}
