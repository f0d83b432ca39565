package dev.holdfast.live;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.contract.Jobs;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobException;
import dev.holdfast.job.JobState;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What is read when, and who hears of it. */
class FeedTest {

  private final FeedWorld world = new FeedWorld();

  @Test
  void oneReadServesEveryone() {
    Job job = world.created();
    List<FeedWorld.Client> clients =
        List.of(world.watching(job), world.watching(job), world.watching(job));
    Job next = world.written(job, JobState.PROCESSING);
    world.hear(next);
    assertThat(world.reads).hasSize(1);
    world.finishReads();
    clients.forEach(client -> assertThat(client.heard).containsExactly("state 1", "state 2"));
  }

  @Test
  void eventsThatAreLateOrDoubleAreNoNews() {
    Job one = world.created();
    FeedWorld.Client client = world.watching(one);
    Job two = world.written(one, JobState.PROCESSING);
    Job three = world.written(two, JobState.PROCESSING);
    world.hear(three);
    world.finishReads();
    world.hear(two);
    world.hear(three);
    world.hear(one);
    assertThat(world.reads).isEmpty();
    assertThat(client.heard).containsExactly("state 1", "state 3");
  }

  @Test
  void whatIsWrittenDuringAReadIsReadAfterIt() {
    Job one = world.created();
    FeedWorld.Client client = world.watching(one);
    Job two = world.written(one, JobState.PROCESSING);
    world.hear(two);
    Job three = world.written(two, JobState.PROCESSING);
    world.hear(three);
    assertThat(world.reads).as("reads of a job follow each other").hasSize(1);
    world.finishReads();
    assertThat(client.heard).containsExactly("state 1", "state 2", "progress 3");
  }

  @Test
  void whoComesDuringAReadIsServedByTheNext() {
    Job one = world.created();
    world.watching(one);
    world.hear(Jobs.next(one, JobState.PROCESSING));
    world.written(one, JobState.PROCESSING);
    FeedWorld.Client late = new FeedWorld.Client();
    world.subscriber(late).subscribe(List.of(one.id()), Map.of());
    world.finishReads();
    assertThat(late.heard).as("nothing older than when it came").containsExactly("state 2");
  }

  @Test
  void aLostEventIsMadeUpForSoonIfTheJobWasLively() {
    Job one = world.created();
    FeedWorld.Client client = world.watching(one);
    world.written(one, JobState.PROCESSING);
    world.advance(Feed.HEAL_PAUSE_MIN.plusMillis(500));
    world.finishReads();
    assertThat(client.heard).containsExactly("state 1", "state 2");
  }

  @Test
  void aSilentJobIsReadMoreAndMoreSeldomAndOneThatIsCompleteNever() {
    Job one = world.created();
    world.watching(one);
    int count = 0;
    for (int i = 0; i < 240; i++) {
      world.advance(Duration.ofMillis(500));
      count += world.reads.size();
      world.finishReads();
    }
    assertThat(count).isBetween(6, 9);
    world.hear(world.written(one, JobState.COMPLETE));
    world.finishReads();
    world.advance(Duration.ofMinutes(30));
    assertThat(world.reads).isEmpty();
  }

  @Test
  void aRetryThatNobodyHeardOfIsFoundInMinutesAndItsNewsAreLivelyAgain() {
    Job one = world.created();
    FeedWorld.Client client = world.watching(one);
    Job failed = world.written(one, JobState.FAILED);
    world.hear(failed);
    world.finishReads();
    world.advance(Duration.ofMinutes(4));
    assertThat(world.reads).as("a job that has ended is seldom read").isEmpty();
    Job again = world.written(failed, JobState.QUEUED);
    world.advance(Duration.ofMinutes(2));
    assertThat(world.reads).hasSize(1);
    world.finishReads();
    world.written(again, JobState.PROCESSING);
    world.advance(Feed.HEAL_PAUSE_MIN.plusMillis(500));
    world.finishReads();
    assertThat(client.heard).containsExactly("state 1", "state 2", "state 3", "state 4");
  }

  @Test
  void newsBringTheNextLookForwardHoweverSilentTheJobWas() {
    Job one = world.created();
    FeedWorld.Client client = world.watching(one);
    for (int i = 0; i < 240; i++) {
      world.advance(Duration.ofMillis(500));
      world.finishReads();
    }
    Job two = world.written(one, JobState.PROCESSING);
    world.hear(two);
    world.finishReads();
    world.written(two, JobState.PROCESSING);
    world.advance(Feed.HEAL_PAUSE_MIN.plusMillis(500));
    world.finishReads();
    assertThat(client.heard).containsExactly("state 1", "state 2", "progress 3");
  }

  @Test
  void howeverManyAreSilentOnlySoManyAreReadInASecond() {
    for (int i = 0; i < 1_000; i++) {
      world.watching(world.created());
    }
    world.advance(Feed.HEAL_PAUSE_MIN);
    world.finishReads();
    int count = 0;
    for (int i = 0; i < 40; i++) {
      world.advance(Duration.ofMillis(250));
      count += world.reads.size();
      world.finishReads();
    }
    assertThat(count).isBetween(900, 1_000);
  }

  @Test
  void aFailedReadIsMadeUpForAndAFailedFirstLookIsTold() {
    Job one = world.created();
    FeedWorld.Client client = world.watching(one);
    world.broken = true;
    world.hear(world.written(one, JobState.PROCESSING));
    world.finishReads();
    Future<Subscriber.Looked> look =
        world.subscriber(new FeedWorld.Client()).subscribe(List.of(one.id()), Map.of());
    world.finishReads();
    assertThat(look.failed()).isTrue();
    world.broken = false;
    world.advance(Duration.ofSeconds(10));
    world.finishReads();
    assertThat(client.heard).containsExactly("state 1", "state 2");
  }

  @Test
  void nothingIsKeptOfWhatNobodyWatches() {
    FeedWorld.Client client = new FeedWorld.Client();
    Subscriber all = world.subscriber(client);
    all.subscribe(Map.of());
    Job job = world.created();
    world.hear(job);
    world.finishReads();
    assertThat(client.heard).containsExactly("state 1");
    assertThat(world.feed.topics()).isZero();
    Subscriber one = world.subscriber(new FeedWorld.Client());
    one.subscribe(List.of(job.id()), Map.of());
    world.finishReads();
    assertThat(world.feed.topics()).isEqualTo(1);
    one.close();
    all.close();
    world.advance(Duration.ofMinutes(1));
    assertThat(world.feed.topics()).isZero();
    world.feed.close();
    assertThat(world.listeners).isEmpty();
  }

  @Test
  void whoFailsKeepsNoNewsFromTheOthers() {
    Job one = world.created();
    FeedWorld.Client first = world.watching(one);
    FeedWorld.Client all = new FeedWorld.Client();
    world.subscriber(all).subscribe(Map.of());
    FeedWorld.Client second = world.watching(one);
    FeedWorld.Client everything = new FeedWorld.Client();
    world.subscriber(everything).subscribe(Map.of());
    first.broken = true;
    all.broken = true;
    Job two = world.written(one, JobState.PROCESSING);
    world.hear(two);
    Job end = world.written(two, JobState.COMPLETE);
    world.hear(end);
    world.finishReads();
    assertThat(second.heard).containsExactly("state 1", "state 2", "state 3");
    assertThat(everything.heard).containsExactly("state 2", "state 3");
  }

  @Test
  void whoWatchesByIdTakesNoRoomFromThoseWhoWatchAll() {
    FeedWorld small = new FeedWorld(new Feed.Limits(Duration.ofSeconds(10), 2));
    for (int i = 0; i < 3; i++) {
      small.watching(small.created());
    }
    FeedWorld.Client client = new FeedWorld.Client();
    small.subscriber(client).subscribe(Map.of());
    small.hear(small.created());
    small.hear(small.created());
    assertThat(client.missed).isZero();
    small.hear(small.created());
    assertThat(client.missed).as("there is no room for a third").isEqualTo(1);
    small.finishReads();
    assertThat(client.heard).containsExactly("state 1", "state 1");
    small.hear(small.created());
    small.finishReads();
    assertThat(client.heard).as("there is room again").hasSize(3);
  }

  @Test
  void newsThatCannotBeReadAreSaidToBeMissed() {
    FeedWorld.Client client = new FeedWorld.Client();
    world.subscriber(client).subscribe(Map.of());
    FeedWorld.Client other = world.watching(world.created());
    world.broken = true;
    world.hear(world.created());
    for (int i = 0; i < 120; i++) {
      world.finishReads();
      world.advance(Duration.ofSeconds(1));
    }
    assertThat(client.missed).isEqualTo(1);
    assertThat(other.missed).isZero();
    assertThat(world.feed.topics()).isEqualTo(1);
  }

  @Test
  void aFailedLookThatNobodyHeardNewsOfIsNotMissed() {
    FeedWorld.Client client = new FeedWorld.Client();
    world.subscriber(client).subscribe(Map.of());
    world.broken = true;
    world.watching(world.created());
    for (int i = 0; i < 120; i++) {
      world.finishReads();
      world.advance(Duration.ofSeconds(1));
    }
    assertThat(client.missed).isZero();
  }

  @Test
  void aFirstLookIsReadBeforeWhatOnlyMayHaveChanged() {
    List<Job> jobs = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      jobs.add(world.created());
      world.watching(jobs.get(i));
    }
    jobs.forEach(job -> world.hear(world.written(job, JobState.PROCESSING)));
    Job late = world.created();
    FeedWorld.Client client = new FeedWorld.Client();
    world.subscriber(client).subscribe(List.of(late.id()), Map.of());
    FeedWorld.Client again = new FeedWorld.Client();
    world.subscriber(again).subscribe(List.of(jobs.get(199).id()), Map.of());
    int begun = world.reads.size();
    for (int i = 0; i < begun + 2; i++) {
      world.finishRead();
    }
    assertThat(client.heard).containsExactly("state 1");
    assertThat(again.heard).containsExactly("state 2");
  }

  @Test
  void aFirstLookThatIsNotHadInTimeIsUnavailable() {
    Job one = world.created();
    Future<Subscriber.Looked> look =
        world.subscriber(new FeedWorld.Client()).subscribe(List.of(one.id()), Map.of());
    world.advance(Feed.Limits.USUAL.lookWaitMax().minusSeconds(1));
    assertThat(look.isComplete()).isFalse();
    world.advance(Duration.ofSeconds(1));
    assertThat(look.failed()).isTrue();
    assertThat(((JobException) look.cause()).error()).isEqualTo(JobError.UNAVAILABLE);
    FeedWorld.Client client = world.watching(one);
    world.advance(Duration.ofMinutes(1));
    assertThat(client.heard).containsExactly("state 1");
    world.finishReads();
  }
}
