package dev.holdfast.gcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.contract.Futures;
import dev.holdfast.gcp.Gathering.Limits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class GatheringTest {

  private static final Limits THREE = new Limits(Duration.ofMillis(10), 3, 100);

  private final HandTimers timers = new HandTimers();
  private final InHand inHand = new InHand();
  private final List<List<String>> sent = new ArrayList<>();
  private final Gathering<String, String> gathering = gathering(THREE);

  private Gathering<String, String> gathering(Limits limits) {
    return new Gathering<>(limits, timers, inHand, item -> item, (key, items) -> sent.add(items));
  }

  private boolean add(String... items) {
    boolean taken = false;
    for (String item : items) {
      taken = gathering.add("", item, 1);
    }
    return taken;
  }

  private void millis(int millis) {
    timers.pass(Duration.ofMillis(millis));
  }

  /** Calls of one, which are forgotten, until the next one is an interval away. */
  private void busy() {
    timers.busy(i -> add("busy " + i));
    assertThat(sent).hasSize(Gathering.BURST + 1);
    sent.clear();
  }

  @Test
  void whatComesTogetherTakesTwoCalls() {
    add("a", "b", "c");
    assertThat(sent).containsExactly(List.of("a"));
    timers.pass(Gathering.APART);
    assertThat(sent).containsExactly(List.of("a"), List.of("b", "c"));
    add("d");
    assertThat(sent).hasSize(2);
    timers.pass(Gathering.APART);
    assertThat(sent).last().isEqualTo(List.of("d"));
  }

  @Test
  void noTwoCallsAreFurtherApartThanAnInterval() {
    Gathering<String, String> eager = gathering(new Limits(Duration.ofMillis(1), 3, 100));
    eager.add("", "a", 1);
    eager.add("", "b", 1);
    millis(1);
    assertThat(sent).containsExactly(List.of("a"), List.of("b"));
  }

  @Test
  void aLoneOneWaitsForNobody() {
    for (int i = 0; i < 20; i++) {
      assertThat(add("a")).isTrue();
      assertThat(sent).hasSize(i + 1);
      millis(10);
    }
    assertThat(sent).containsOnly(List.of("a"));
  }

  @Test
  void whatWouldMakeTooManyCallsSharesTheNext() {
    busy();
    millis(4);
    add("a");
    millis(4);
    add("b");
    assertThat(sent).isEmpty();
    millis(2);
    assertThat(sent).containsExactly(List.of("a", "b"));
    add("c");
    millis(9);
    assertThat(sent).hasSize(1);
    millis(1);
    assertThat(sent).last().isEqualTo(List.of("c"));
  }

  @Test
  void aPauseAllowsAsManyAtOnceAsItIsLong() {
    busy();
    millis(30);
    for (String item : List.of("a", "b", "c", "d")) {
      add(item);
      timers.pass(Gathering.APART);
    }
    assertThat(sent).containsExactly(List.of("a"), List.of("b"), List.of("c"));
    millis(1_000);
    sent.clear();
    busy();
  }

  @Test
  void whereManyJobsAreInHandCallsAreFurtherApart() {
    inHand.taken(InHandTest.ids(), Duration.ofMinutes(1));
    add("a", "b");
    assertThat(sent).containsExactly(List.of("a"));
    timers.pass(Gathering.UNHURRIED.minusMillis(1));
    add("c");
    assertThat(sent).hasSize(1);
    millis(1);
    assertThat(sent).containsExactly(List.of("a"), List.of("b", "c"));
    millis(1_000);
    inHand.settled(InHandTest.ids().get(0));
    sent.clear();
    busy();
  }

  @Test
  void aFullCallWaitsForNobody() {
    busy();
    add("a", "b", "c", "d");
    assertThat(sent).containsExactly(List.of("a", "b", "c"));
    add("e", "f", "g");
    assertThat(sent).last().isEqualTo(List.of("d", "e", "f"));
    millis(10);
    assertThat(sent).last().as("it waits no longer than one interval").isEqualTo(List.of("g"));
    millis(100);
    assertThat(sent).hasSize(3);
  }

  @Test
  void aCallIsBoundedInBytesButForAnItemThatIsLargerByItself() {
    busy();
    gathering.add("", "a", 60);
    gathering.add("", "b", 40);
    assertThat(sent).isEmpty();
    gathering.add("", "c", 500);
    assertThat(sent).containsExactly(List.of("a", "b"));
    millis(10);
    assertThat(sent).last().isEqualTo(List.of("c"));
  }

  @Test
  void twoAboutTheSameAreInTwoCallsAndInOrder() {
    busy();
    add("a", "b", "a", "c");
    assertThat(sent).containsExactly(List.of("a", "b"));
    millis(10);
    assertThat(sent).last().isEqualTo(List.of("a", "c"));
  }

  @Test
  void keysAreNotMixed() {
    busy();
    gathering.add("one", "a", 1);
    gathering.add("another", "b", 1);
    gathering.add("one", "c", 1);
    gathering.add("another", "a", 1);
    millis(10);
    assertThat(sent).containsExactly(List.of("a", "c"), List.of("b", "a"));
  }

  @Test
  void closingSendsWhatWaitsAndTakesNothingMore() {
    busy();
    add("a", "b");
    gathering.close();
    assertThat(sent).containsExactly(List.of("a", "b"));
    assertThat(add("c")).isFalse();
    gathering.close();
    millis(10);
    assertThat(sent).hasSize(1);
  }

  /** Method: threads add items while timers fire on another; each must be in exactly one call. */
  @Test
  void underManyThreadsEachItemIsSentOnce() throws InterruptedException {
    int threads = 8;
    int each = 2_000;
    List<List<String>> calls = new ArrayList<>();
    CountDownLatch all = new CountDownLatch(threads * each);
    ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor();
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    Gathering<String, String> shared =
        new Gathering<>(
            new Limits(Duration.ofNanos(50_000), 50, 10_000),
            Gathering.Timers.of(executor),
            inHand,
            item -> item,
            (key, items) -> {
              synchronized (calls) {
                calls.add(items);
              }
              items.forEach(item -> all.countDown());
            });
    for (int t = 0; t < threads; t++) {
      pool.execute(
          () -> {
            for (int i = 0; i < each; i++) {
              shared.add("", "item " + i % 7, 1);
            }
          });
    }
    assertThat(all.await(Futures.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    pool.shutdownNow();
    executor.shutdownNow();
    synchronized (calls) {
      assertThat(calls.stream().mapToInt(List::size).sum()).isEqualTo(threads * each);
      assertThat(calls).allSatisfy(call -> assertThat(call).doesNotHaveDuplicates());
    }
  }
}
