package dev.holdfast.worker;

import dev.holdfast.job.JobQueue;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The broker of a simulated fleet: delivers at least once, and now and then more often than that.
 * Holds each settlement against the promise that nothing is acknowledged before the record says so.
 */
final class SimQueue {

  private static final class Message {
    final long number;
    final JobQueue.Message content;
    long visibleAt;
    long lease;
    boolean held;

    Message(long number, JobQueue.Message content, long visibleAt) {
      this.number = number;
      this.content = content;
      this.visibleAt = visibleAt;
    }
  }

  private record Pull(
      SimProcess process, int max, long leaseMillis, Promise<List<JobQueue.Delivery>> reply) {}

  private final SimWorld world;
  private final SimStore store;
  private final Map<Long, Message> messages = new LinkedHashMap<>();
  private final List<Pull> pulls = new ArrayList<>();
  private final List<JobQueue.DeadLetter> deadLetters = new ArrayList<>();
  private long numbered;
  private boolean takes = true;

  SimQueue(SimWorld world, SimStore store) {
    this.world = world;
    this.store = store;
  }

  /** Whether it takes messages. */
  void takes(boolean open) {
    takes = open;
  }

  boolean isEmpty() {
    return messages.isEmpty();
  }

  List<JobQueue.DeadLetter> deadLetters() {
    return deadLetters;
  }

  private void add(JobQueue.Message content, long afterMillis) {
    Message message = new Message(numbered++, content, world.now() + afterMillis);
    messages.put(message.number, message);
    offerAt(message.visibleAt);
  }

  private void offerAt(long at) {
    world.after(at - world.now(), null, this::offer);
  }

  private void offer() {
    for (Iterator<Pull> waiting = pulls.iterator(); waiting.hasNext(); ) {
      Pull pull = waiting.next();
      if (!pull.process.alive() && !world.fault()) {
        waiting.remove();
        continue;
      }
      List<JobQueue.Delivery> taken = take(pull);
      if (!taken.isEmpty()) {
        waiting.remove();
        world.say(null, () -> "delivers " + taken + " to " + pull.process.name());
        if (world.fault()) {
          pull.process.fail(pull.reply, world.between(10, 3_000));
        } else {
          world.after(world.delay(), pull.process, () -> pull.reply.tryComplete(taken));
        }
      }
    }
  }

  private List<JobQueue.Delivery> take(Pull pull) {
    List<JobQueue.Delivery> taken = new ArrayList<>();
    for (Message message : List.copyOf(messages.values())) {
      if (taken.size() < pull.max && message.visibleAt <= world.now()) {
        message.held = true;
        message.lease++;
        message.visibleAt = world.now() + pull.leaseMillis;
        offerAt(message.visibleAt);
        taken.add(
            new Delivery(
                this, pull.process, message.number, message.lease, message.content, world.now()));
        if (world.fault()) {
          add(message.content, world.between(0, 5_000));
        }
      }
    }
    return taken;
  }

  private @Nullable Message held(Delivery delivery) {
    Message message = messages.get(delivery.number);
    return message != null && message.held && message.lease == delivery.lease ? message : null;
  }

  private boolean ack(Delivery delivery) {
    return held(delivery) != null && messages.remove(delivery.number) != null;
  }

  private boolean release(Delivery delivery, long millis) {
    Message message = held(delivery);
    if (message == null) {
      return false;
    }
    message.held = false;
    message.visibleAt = world.now() + millis;
    offerAt(message.visibleAt);
    return true;
  }

  private int extend(List<Delivery> deliveries, long millis) {
    int extended = 0;
    for (Delivery delivery : deliveries) {
      Message message = held(delivery);
      if (message != null) {
        message.visibleAt = world.now() + millis;
        offerAt(message.visibleAt);
        extended++;
      }
    }
    return extended;
  }

  private record Delivery(
      SimQueue queue,
      SimProcess process,
      long number,
      long lease,
      JobQueue.Message message,
      long pulledAt)
      implements JobQueue.Delivery {

    @Override
    public Future<Void> ack() {
      if (!queue.store.endedSince(message.job(), pulledAt)) {
        queue.world.violated(
            "nothing is acknowledged before the record says that the job has ended (%s)"
                .formatted(this));
      }
      return process.call(() -> "ack " + this, () -> queue.ack(this)).mapEmpty();
    }

    @Override
    public Future<Void> release(Duration delay) {
      return process
          .call(
              () -> "release " + this + " for " + delay,
              () -> queue.release(this, delay.toMillis()))
          .mapEmpty();
    }

    /** By number, so that a table of deliveries has the same order in each run. */
    @Override
    public int hashCode() {
      return Long.hashCode(31 * number + lease);
    }

    @Override
    public boolean equals(Object other) {
      return this == other;
    }

    @Override
    public String toString() {
      return "#%d.%d of %s".formatted(number, lease, SimStore.shown(message.job()));
    }
  }

  /** This broker as one process reaches it. */
  JobQueue port(SimProcess process) {
    return new Port(process);
  }

  private final class Port implements JobQueue {

    private final SimProcess process;

    Port(SimProcess process) {
      this.process = process;
    }

    @Override
    public Future<Void> publish(JobQueue.Message message) {
      if (!takes) {
        Promise<Void> reply = Promise.promise();
        if (process.sends(() -> "publish in vain " + SimStore.shown(message.job()))) {
          process.fail(reply, world.between(10, 3_000));
        }
        return reply.future();
      }
      return process
          .call(
              () -> "publish " + SimStore.shown(message.job()),
              () -> {
                add(message, 0);
                return true;
              })
          .mapEmpty();
    }

    @Override
    public Future<List<JobQueue.Delivery>> pull(int max, Duration ackDeadline, Duration wait) {
      Promise<List<JobQueue.Delivery>> reply = Promise.promise();
      if (!process.sends(() -> "pull " + max)) {
        return reply.future();
      }
      if (world.fault()) {
        process.fail(reply, world.between(10, 3_000));
        return reply.future();
      }
      Pull pull = new Pull(process, max, ackDeadline.toMillis(), reply);
      pulls.add(pull);
      world.after(world.delay(), null, SimQueue.this::offer);
      world.after(
          wait.toMillis(),
          null,
          () -> {
            if (pulls.remove(pull)) {
              world.after(world.delay(), process, () -> reply.tryComplete(List.of()));
            }
          });
      return reply.future();
    }

    @Override
    public Future<Void> extend(Collection<JobQueue.Delivery> deliveries, Duration ackDeadline) {
      List<SimQueue.Delivery> own =
          deliveries.stream().map(delivery -> (SimQueue.Delivery) delivery).toList();
      return process
          .call(() -> "extend " + own, () -> SimQueue.this.extend(own, ackDeadline.toMillis()))
          .mapEmpty();
    }

    @Override
    public Future<Void> deadLetter(DeadLetter letter) {
      return process
          .call(
              () -> "dead letter of " + SimStore.shown(letter.job()), () -> deadLetters.add(letter))
          .mapEmpty();
    }

    @Override
    public Future<List<DeadLetter>> deadLetters(int limit) {
      return process.call(() -> "dead letters", () -> List.copyOf(deadLetters));
    }
  }
}
