package dev.holdfast.live;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.contract.Jobs;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobState;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What reaches a subscriber that is slow, and one that asks for what is not there. */
class SubscriberTest {

  private final FeedWorld world = new FeedWorld();

  @Test
  void aSlowSubscriberHasTheNewestAndEveryEnd() {
    Job one = world.created();
    FeedWorld.Client client = new FeedWorld.Client();
    Subscriber subscriber = world.subscriber(client);
    subscriber.subscribe(List.of(one.id()), Map.of());
    world.finishReads();
    client.full = true;
    Job job = one;
    for (int i = 0; i < 5; i++) {
      job = world.written(job, JobState.PROCESSING);
      world.hear(job);
      world.finishReads();
    }
    job = world.written(job, JobState.FAILED);
    world.hear(job);
    world.finishReads();
    job = world.written(job, JobState.QUEUED);
    world.hear(job);
    world.finishReads();
    client.full = false;
    subscriber.pump();
    assertThat(client.heard).containsExactly("state 1", "state 7", "state 8");
    assertThat(client.overflowed).isFalse();
  }

  @Test
  void whoIsTooSlowForEvenThatOverflows() {
    FeedWorld.Client client = new FeedWorld.Client();
    Subscriber subscriber = world.subscriber(client);
    subscriber.subscribe(Map.of());
    client.full = true;
    for (int i = 0; i < 4; i++) {
      world.hear(world.created());
      world.finishReads();
      assertThat(client.overflowed).isEqualTo(i == 3);
    }
  }

  @Test
  void unknownAndDeletedJobsAreTold() {
    Job one = world.created();
    FeedWorld.Client client = new FeedWorld.Client();
    Subscriber subscriber = world.subscriber(client);
    JobId unknown = JobId.random();
    Future<Subscriber.Looked> look = subscriber.subscribe(List.of(one.id(), unknown), Map.of());
    world.finishReads();
    assertThat(look.result().unknown()).containsExactly(unknown);
    assertThat(subscriber.size()).isEqualTo(1);
    world.records.clear();
    world.hear(Jobs.next(one, JobState.PROCESSING));
    world.finishReads();
    assertThat(client.heard).containsExactly("state 1", "gone");
    assertThat(subscriber.size()).isZero();
  }

  @Test
  void whoAsksAgainBeforeTheFirstAnswerHasBothAnswersAndBothJobs() {
    Job one = world.created();
    Job two = world.created();
    FeedWorld.Client client = new FeedWorld.Client();
    Subscriber subscriber = world.subscriber(client);
    Future<Subscriber.Looked> both = subscriber.subscribe(List.of(one.id(), two.id()), Map.of());
    Future<Subscriber.Looked> again = subscriber.subscribe(List.of(one.id()), Map.of());
    world.finishReads();
    assertThat(both.result().found()).containsOnlyKeys(one.id(), two.id());
    assertThat(again.result().found()).containsOnlyKeys(one.id());
    assertThat(subscriber.size()).isEqualTo(2);
    client.heard.clear();
    world.hear(world.written(one, JobState.COMPLETE));
    world.hear(world.written(two, JobState.COMPLETE));
    world.finishReads();
    assertThat(client.heard).containsExactly("state 2", "state 2");
  }

  @Test
  void whoNoLongerWantsAJobKeepsTheOthers() {
    Job one = world.created();
    Job two = world.created();
    FeedWorld.Client client = new FeedWorld.Client();
    Subscriber subscriber = world.subscriber(client);
    Future<Subscriber.Looked> both = subscriber.subscribe(List.of(one.id(), two.id()), Map.of());
    subscriber.unsubscribe(List.of(one.id()));
    world.finishReads();
    assertThat(both.result().found()).containsOnlyKeys(two.id());
    assertThat(both.result().unknown()).isEmpty();
    world.hear(world.written(one, JobState.COMPLETE));
    world.hear(world.written(two, JobState.COMPLETE));
    world.finishReads();
    assertThat(client.heard).containsExactly("state 1", "state 2");
  }

  @Test
  void whatFailsTakesOnlyItsOwnSubscriptionsBack() {
    Job one = world.created();
    Job two = world.created();
    Subscriber subscriber = world.subscriber(new FeedWorld.Client());
    world.broken = true;
    Future<Subscriber.Looked> both = subscriber.subscribe(List.of(one.id(), two.id()), Map.of());
    world.broken = false;
    Future<Subscriber.Looked> again = subscriber.subscribe(List.of(one.id()), Map.of());
    world.finishReads();
    assertThat(both.failed()).isTrue();
    assertThat(again.result().found()).containsOnlyKeys(one.id());
    assertThat(subscriber.size()).isEqualTo(1);
  }

  @Test
  void whatIsMissedBeforeThereIsAnOutletIsToldToIt() {
    FeedWorld small = new FeedWorld(new Feed.Limits(Duration.ofSeconds(10), 0));
    Subscriber subscriber = new Subscriber(small.feed, 3);
    subscriber.subscribe(Map.of());
    small.hear(small.created());
    FeedWorld.Client client = new FeedWorld.Client();
    subscriber.attach(client);
    assertThat(client.missed).isEqualTo(1);
  }
}
