package dev.holdfast.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.JobId;
import dev.holdfast.job.JobQueue.Delivery;
import dev.holdfast.job.JobQueue.Message;
import dev.holdfast.world.ManualClock;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Method: the test answers pulls and ends deliveries by hand, in one thread. */
class IntakeTest {

  private record Pull(int max, Promise<List<Delivery>> answer) {
    void brings(int deliveries) {
      answer.complete(IntStream.range(0, deliveries).mapToObj(i -> delivery()).toList());
    }
  }

  private final ManualClock clock = new ManualClock();
  private final List<Pull> pulls = new ArrayList<>();
  private final List<Promise<Void>> work = new ArrayList<>();
  private int slots = 16;

  /** What is done of a delivery that then ends at once; if null the test ends it by hand. */
  private @Nullable Runnable atOnce;

  private final Intake intake =
      new Intake(
          clock,
          new Loop(Runnable::run),
          held -> slots - held,
          max -> {
            Pull pull = new Pull(max, Promise.promise());
            pulls.add(pull);
            return pull.answer().future();
          },
          delivery -> {
            Runnable now = atOnce;
            if (now != null) {
              now.run();
              return Future.succeededFuture();
            }
            Promise<Void> done = Promise.promise();
            work.add(done);
            return done.future();
          });

  private static Delivery delivery() {
    Message message = new Message(JobId.random(), Map.of());
    return new Delivery() {
      @Override
      public Message message() {
        return message;
      }

      @Override
      public Future<Void> ack() {
        return Future.succeededFuture();
      }

      @Override
      public Future<Void> release(Duration delay) {
        return Future.succeededFuture();
      }
    };
  }

  private Pull last(int number) {
    assertThat(pulls).hasSize(number);
    return pulls.get(number - 1);
  }

  private void end(int deliveries) {
    for (int i = 0; i < deliveries; i++) {
      work.remove(0).complete();
    }
  }

  @Test
  void pullsForWhatIsFreeOneCallAtATime() {
    intake.pull();
    intake.pull();
    assertThat(last(1).max()).isEqualTo(16);
    last(1).brings(3);
    assertThat(intake.held()).isEqualTo(3);
    assertThat(last(2).max()).isEqualTo(13);
    end(2);
    last(2).brings(0);
    assertThat(last(3).max()).isEqualTo(15);
    last(3).brings(15);
    assertThat(intake.held()).isEqualTo(16);
    intake.pull();
    last(3);
    end(2);
    clock.advance(Intake.GATHERS);
    assertThat(last(4).max()).isEqualTo(2);
  }

  @Test
  void whereManyAreHeldOnePullBringsWhatSeveralWouldHave() {
    intake.pull();
    last(1).brings(16);
    end(1);
    clock.advance(Intake.GATHERS.minusMillis(1));
    end(2);
    last(1);
    clock.advance(Duration.ofMillis(1));
    assertThat(last(2).max()).isEqualTo(3);
  }

  @Test
  void whoHoldsFewWaitsForNobody() {
    slots = Intake.MANY;
    intake.pull();
    last(1).brings(Intake.MANY);
    end(1);
    assertThat(last(2).max()).isEqualTo(1);
  }

  @Test
  void roomThatIsGoneMeanwhileIsNotPulledFor() {
    intake.pull();
    last(1).brings(16);
    end(1);
    slots = 15;
    clock.advance(Intake.GATHERS);
    last(1);
    end(1);
    clock.advance(Intake.GATHERS);
    assertThat(last(2).max()).isEqualTo(1);
  }

  @Test
  void aBrokerThatFailsIsAskedAgainLaterAndLater() {
    intake.pull();
    int[] waits = {500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000};
    for (int i = 0; i < waits.length; i++) {
      last(i + 1).answer().fail(new IOException("no broker"));
      clock.advance(Duration.ofMillis(waits[i] - 1L));
      last(i + 1);
      clock.advance(Duration.ofMillis(1));
      last(i + 2);
    }
    last(8).brings(3);
    last(9).answer().fail(new IOException("gone again"));
    end(3);
    last(9);
    clock.advance(Duration.ofMillis(500));
    last(10);
  }

  @Test
  void hasEndedWhenNothingIsHeldAndNoPullIsUnderWay() {
    intake.pull();
    last(1).brings(2);
    Future<Void> empty = intake.stop();
    end(2);
    assertThat(empty.isComplete()).as("a pull is under way").isFalse();
    last(2).brings(1);
    assertThat(intake.held()).as("what it brings is worked on, which gives it back").isEqualTo(1);
    assertThat(empty.isComplete()).isFalse();
    end(1);
    assertThat(empty.succeeded()).isTrue();
    clock.advance(Duration.ofHours(1));
    last(2);
  }

  @Test
  void hasNotEndedBeforeAllThatTheLastPullBringsWasWorkedOn() {
    intake.pull();
    Future<Void> empty = intake.stop();
    List<Boolean> ended = new ArrayList<>();
    atOnce = () -> ended.add(empty.isComplete());
    last(1).brings(3);
    assertThat(ended).containsExactly(false, false, false);
    assertThat(empty.succeeded()).isTrue();
  }

  @Test
  void oneThatWaitsForOthersOrForItsBrokerIsStopped() {
    intake.pull();
    last(1).brings(16);
    end(1);
    assertThat(intake.stop().isComplete()).isFalse();
    end(15);
    assertThat(intake.stop().succeeded()).isTrue();
    clock.advance(Duration.ofHours(1));
    last(1);
  }
}
