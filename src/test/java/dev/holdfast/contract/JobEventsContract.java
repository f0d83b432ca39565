package dev.holdfast.contract;

import static dev.holdfast.contract.Futures.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobEvents;
import dev.holdfast.job.JobEvents.JobEvent;
import dev.holdfast.job.JobEvents.Subscription;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobState;
import io.vertx.core.Context;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What every {@link JobEvents} does. */
public abstract class JobEventsContract {

  protected abstract JobEvents events();

  /** The same events as another process hears them. */
  protected abstract JobEvents another();

  /** How long an event may take. */
  protected Duration patience() {
    return Duration.ofSeconds(10);
  }

  /** Whether a job's events arrive in the order they were published. */
  protected boolean ordered() {
    return true;
  }

  private static JobEvent event(long version) {
    return new JobEvent(
        JobId.random(),
        version,
        JobState.PROCESSING,
        new Job.Progress(version, 0, version % 2 == 0 ? null : version));
  }

  private List<JobEvent> take(BlockingQueue<JobEvent> heard, int count)
      throws InterruptedException {
    List<JobEvent> taken = new ArrayList<>();
    while (taken.size() < count) {
      JobEvent event = heard.poll(patience().toMillis(), TimeUnit.MILLISECONDS);
      assertThat(event).as("event %d of %d", taken.size() + 1, count).isNotNull();
      taken.add(event);
    }
    return taken;
  }

  @Test
  void everySubscriberInEveryProcessHearsAnEvent() throws InterruptedException {
    BlockingQueue<JobEvent> here = new LinkedBlockingQueue<>();
    BlockingQueue<JobEvent> alsoHere = new LinkedBlockingQueue<>();
    BlockingQueue<JobEvent> there = new LinkedBlockingQueue<>();
    try (Subscription one = events().subscribe(here::add);
        Subscription two = events().subscribe(alsoHere::add);
        Subscription three = another().subscribe(there::add)) {
      assertThat(List.of(one, two, three)).doesNotHaveDuplicates();
      for (JobEvent event : List.of(event(1), event(2))) {
        await(events().publish(event));
        assertThat(take(here, 1)).containsExactly(event);
        assertThat(take(alsoHere, 1)).containsExactly(event);
        assertThat(take(there, 1)).containsExactly(event);
      }
    }
  }

  @Test
  void hearsOnlyWhatIsPublishedFromNowOn() throws InterruptedException {
    BlockingQueue<JobEvent> early = new LinkedBlockingQueue<>();
    BlockingQueue<JobEvent> late = new LinkedBlockingQueue<>();
    try (Subscription first = events().subscribe(early::add)) {
      assertThat(first).isNotNull();
      await(another().publish(event(1)));
      take(early, 1);
      try (Subscription second = events().subscribe(late::add)) {
        assertThat(second).isNotSameAs(first);
        JobEvent event = event(2);
        await(another().publish(event));
        assertThat(take(late, 1)).containsExactly(event);
      }
    }
  }

  @Test
  void hearsOnlyTheStatesThatItAskedFor() throws InterruptedException {
    BlockingQueue<JobEvent> some = new LinkedBlockingQueue<>();
    BlockingQueue<JobEvent> all = new LinkedBlockingQueue<>();
    Set<JobState> wanted = Set.of(JobState.CANCELLED, JobState.FAILED);
    try (Subscription one = another().subscribe(wanted, some::add);
        Subscription two = another().subscribe(all::add)) {
      assertThat(one).isNotSameAs(two);
      for (int round = 0; round < 3; round++) {
        for (JobState state : JobState.values()) {
          await(
              events()
                  .publish(new JobEvent(JobId.random(), 1, state, new Job.Progress(0, 0, null))));
        }
      }
      assertThat(take(all, 3 * JobState.values().length))
          .extracting(JobEvent::state)
          .contains(JobState.values());
      assertThat(take(some, 6)).allMatch(event -> wanted.contains(event.state()));
      assertThat(some).isEmpty();
    }
  }

  @Test
  void aClosedSubscriptionHearsNothing() throws InterruptedException {
    BlockingQueue<JobEvent> closed = new LinkedBlockingQueue<>();
    BlockingQueue<JobEvent> open = new LinkedBlockingQueue<>();
    Subscription subscription = events().subscribe(closed::add);
    subscription.close();
    subscription.close();
    try (Subscription witness = events().subscribe(open::add)) {
      assertThat(witness).isNotNull();
      await(events().publish(event(1)));
      take(open, 1);
    }
    assertThat(closed).isEmpty();
  }

  @Test
  void aListenerThatFailsHearsTheNextEventAndHarmsNoOther() throws InterruptedException {
    BlockingQueue<JobEvent> failing = new LinkedBlockingQueue<>();
    BlockingQueue<JobEvent> other = new LinkedBlockingQueue<>();
    try (Subscription one =
            events()
                .subscribe(
                    event -> {
                      failing.add(event);
                      throw new IllegalStateException("a listener's fault");
                    });
        Subscription two = events().subscribe(other::add)) {
      assertThat(one).isNotSameAs(two);
      await(events().publish(event(1)));
      await(events().publish(event(2)));
      assertThat(take(other, 2)).extracting(JobEvent::version).containsExactlyInAnyOrder(1L, 2L);
      assertThat(take(failing, 2)).extracting(JobEvent::version).containsExactlyInAnyOrder(1L, 2L);
    }
  }

  @Test
  void thousandsOfEventsAllArrive() throws InterruptedException {
    int count = 2_500;
    BlockingQueue<JobEvent> heard = new LinkedBlockingQueue<>();
    try (Subscription subscription = another().subscribe(heard::add)) {
      assertThat(subscription).isNotNull();
      List<Long> versions = new ArrayList<>();
      for (long version = 1; version <= count; version++) {
        versions.add(version);
        var published = events().publish(event(version));
        if (version % 500 == 0) {
          await(published);
        }
      }
      List<Long> arrived = take(heard, count).stream().map(JobEvent::version).toList();
      assertThat(arrived).containsExactlyInAnyOrderElementsOf(versions);
      if (ordered()) {
        assertThat(arrived).isEqualTo(versions);
      }
    }
  }

  @Test
  void aListenerIsCalledOnTheContextThatSubscribed() {
    Vertx vertx = Vertx.vertx();
    try {
      Context context = vertx.getOrCreateContext();
      Promise<Context> heardOn = Promise.promise();
      Promise<Subscription> subscribed = Promise.promise();
      context.runOnContext(
          nothing ->
              subscribed.complete(
                  events().subscribe(event -> heardOn.tryComplete(Vertx.currentContext()))));
      try (Subscription subscription = await(subscribed.future())) {
        assertThat(subscription).isNotNull();
        await(another().publish(event(1)));
        assertThat(await(heardOn.future(), patience())).isSameAs(context);
      }
    } finally {
      await(vertx.close());
    }
  }
}
