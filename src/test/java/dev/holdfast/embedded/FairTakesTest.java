package dev.holdfast.embedded;

import static dev.holdfast.contract.Futures.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.JobId;
import dev.holdfast.job.JobQueue;
import dev.holdfast.job.JobQueue.Delivery;
import dev.holdfast.job.JobQueue.Message;
import dev.holdfast.world.ManualClock;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Messages that come again and those that nobody had yet do not wait for each other. */
@Timeout(60)
class FairTakesTest {

  private static final Duration LEASE = Duration.ofSeconds(30);

  private final Path data;
  private final ManualClock clock = new ManualClock();
  @AutoClose private final Embedded embedded;
  private final JobQueue queue;

  FairTakesTest(@TempDir Path data) throws IOException {
    this.data = data;
    this.embedded = Embedded.open(data, Optional.empty(), clock);
    this.queue = embedded.queue();
  }

  private List<JobId> publish(int messages) {
    List<JobId> jobs = new ArrayList<>();
    for (int i = 0; i < messages; i++) {
      JobId job = JobId.random();
      await(queue.publish(new Message(job, Map.of(Message.MODEL, "minilm"))));
      jobs.add(job);
      clock.advance(Duration.ofMillis(1));
    }
    return jobs;
  }

  private List<Delivery> pull(int max) {
    return await(queue.pull(max, LEASE, Duration.ZERO));
  }

  private List<JobId> take(int max) {
    return jobs(pull(max));
  }

  private static List<JobId> jobs(List<Delivery> deliveries) {
    return deliveries.stream().map(delivery -> delivery.message().job()).toList();
  }

  private static void release(List<Delivery> deliveries) {
    deliveries.forEach(delivery -> await(delivery.release(Duration.ZERO)));
  }

  /** Two kinds of messages: those of {@code again} were pulled and given back last. */
  private record Backlog(List<JobId> again, List<JobId> fresh) {

    long againIn(List<JobId> taken) {
      return taken.stream().filter(again::contains).count();
    }

    long freshIn(List<JobId> taken) {
      return taken.stream().filter(fresh::contains).count();
    }
  }

  private Backlog backlog(int again, int fresh) {
    List<JobId> first = publish(again);
    List<Delivery> held = pull(again);
    Backlog backlog = new Backlog(first, publish(fresh));
    release(held);
    return backlog;
  }

  @Test
  void aReleasedMessageDoesNotWaitBehindABacklog() {
    Backlog backlog = backlog(1, 100);
    assertThat(take(4)).containsAll(backlog.again());
  }

  @Test
  void aMessageWhoseLeaseHasRunOutDoesNotWaitBehindABacklog() {
    List<JobId> lost = publish(1);
    assertThat(take(1)).isEqualTo(lost);
    publish(100);
    clock.advance(LEASE);
    assertThat(take(4)).containsAll(lost);
  }

  @Test
  void ofTwoPullsForOneMessageOneTakesWhatComesAgain() {
    Backlog backlog = backlog(10, 10);
    for (int i = 0; i < 10; i++) {
      List<JobId> two = new ArrayList<>(take(1));
      two.addAll(take(1));
      assertThat(backlog.againIn(two)).isEqualTo(1);
      assertThat(backlog.freshIn(two)).isEqualTo(1);
    }
    assertThat(take(1)).isEmpty();
  }

  @Test
  void whatComesAgainForEverDoesNotStarveWhatNobodyHadYet() {
    Backlog backlog = backlog(20, 5);
    List<JobId> begun = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      for (Delivery delivery : pull(1)) {
        begun.add(delivery.message().job());
        if (backlog.again().contains(delivery.message().job())) {
          await(delivery.release(Duration.ZERO));
        }
      }
    }
    assertThat(begun).containsAll(backlog.fresh());
  }

  @Test
  void eachKindHasHalfAndTheOddPlaceInTurn() {
    Backlog backlog = backlog(20, 20);
    List<JobId> six = take(6);
    assertThat(backlog.againIn(six)).isEqualTo(3);
    assertThat(backlog.freshIn(six)).isEqualTo(3);
    List<JobId> five = take(5);
    List<JobId> fiveMore = take(5);
    assertThat(List.of(backlog.againIn(five), backlog.againIn(fiveMore)))
        .containsExactlyInAnyOrder(2L, 3L);
    assertThat(five).hasSize(5);
    assertThat(fiveMore).hasSize(5);
  }

  @Test
  void whatOneKindDoesNotNeedTheOtherHas() {
    Backlog few = backlog(2, 20);
    List<JobId> eight = take(8);
    assertThat(eight).hasSize(8).containsAll(few.again());
    assertThat(take(64)).hasSize(14);
    Backlog many = backlog(20, 1);
    eight = take(8);
    assertThat(eight).hasSize(8).containsAll(many.fresh());
    assertThat(take(7)).hasSize(7);
    assertThat(take(64)).hasSize(6);
    assertThat(take(1)).isEmpty();
  }

  @Test
  void withinAKindTheLongestVisibleIsFirst() {
    List<JobId> again = publish(3);
    List<Delivery> held = pull(3);
    List<JobId> fresh = publish(3);
    for (Delivery delivery : held) {
      int place = 3 - again.indexOf(delivery.message().job());
      await(delivery.release(Duration.ofSeconds(place)));
    }
    clock.advance(Duration.ofSeconds(3));
    assertThat(take(4))
        .containsExactlyInAnyOrder(again.get(2), again.get(1), fresh.get(0), fresh.get(1));
    assertThat(take(4)).containsExactlyInAnyOrder(again.get(0), fresh.get(2));
  }

  @Test
  void whatIsStillDelayedTakesNoPlace() {
    List<JobId> later = publish(4);
    pull(4).forEach(delivery -> await(delivery.release(Duration.ofMinutes(1))));
    publish(8);
    assertThat(take(4)).hasSize(4).doesNotContainAnyElementsOf(later);
    assertThat(take(8)).hasSize(4).doesNotContainAnyElementsOf(later);
  }

  @Test
  void neitherATakeNorALookReadsMoreThanItNeeds() throws SQLException {
    try (SqliteSession session = SqliteSession.open(data.resolve("holdfast.db"))) {
      for (String sql : List.of(SqliteJobQueue.TAKE, WaitingPulls.NEXT)) {
        List<String> plan =
            session.query("EXPLAIN QUERY PLAN " + sql, row -> row.getString("detail"));
        assertThat(plan)
            .as(String.join("\n", plan))
            .anyMatch(step -> step.contains("INDEX messages_again"))
            .anyMatch(step -> step.contains("INDEX messages_fresh"))
            .noneMatch(step -> step.contains("SCAN messages") && !step.contains("INDEX messages_"))
            .noneMatch(step -> step.contains("TEMP B-TREE"));
      }
    }
  }
}
