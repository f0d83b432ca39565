package dev.holdfast.gcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.contract.Futures;
import dev.holdfast.gcp.GatheredCalls.Limits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GatheredCallsTest {

  private static final Duration NEVER = Duration.ofHours(1);
  private static final Limits ONE_AT_A_TIME = new Limits(1, NEVER, 3, 100, 4);

  private record Call(String document, Object kind, int bytes) implements GatheredCalls.Call {}

  private record Sent(List<Call> calls, Runnable ended) {
    List<String> documents() {
      return calls.stream().map(Call::document).toList();
    }
  }

  private final ScheduledExecutorService timers = Executors.newSingleThreadScheduledExecutor();
  private final BlockingQueue<Sent> sent = new LinkedBlockingQueue<>();

  @AfterEach
  void close() {
    timers.shutdownNow();
  }

  private GatheredCalls<Call> gathered(Limits limits) {
    return new GatheredCalls<>(
        limits, timers, (calls, ended) -> sent.add(new Sent(List.copyOf(calls), ended)));
  }

  private static boolean add(GatheredCalls<Call> calls, String... documents) {
    boolean room = true;
    for (String document : documents) {
      room = calls.add(new Call(document, "", 1));
    }
    return room;
  }

  private Sent next() {
    Sent next = sent.poll();
    assertThat(next).as("an RPC").isNotNull();
    return next;
  }

  @Test
  void nobodyWaitsUntilAsManyAsMayAreUnderWay() {
    GatheredCalls<Call> calls = gathered(new Limits(2, NEVER, 3, 100, 4));
    assertThat(add(calls, "a", "b", "c", "d")).isTrue();
    Sent first = next();
    assertThat(first.documents()).containsExactly("a");
    assertThat(next().documents()).containsExactly("b");
    assertThat(sent).isEmpty();
    first.ended().run();
    assertThat(next().documents()).containsExactly("c", "d");
    assertThat(sent).isEmpty();
  }

  @Test
  void oneThatComesWhenAllHaveEndedIsSentAtOnce() {
    GatheredCalls<Call> calls = gathered(ONE_AT_A_TIME);
    for (int i = 0; i < 3; i++) {
      add(calls, "a");
      next().ended().run();
    }
    assertThat(sent).isEmpty();
  }

  @Test
  void aDocumentIsOnceInAnRpcAndInOrder() {
    GatheredCalls<Call> calls = gathered(ONE_AT_A_TIME);
    add(calls, "first", "a", "b", "a", "b", "c");
    next().ended().run();
    Sent second = next();
    assertThat(second.documents()).containsExactly("a", "b");
    second.ended().run();
    assertThat(next().documents()).containsExactly("a", "b", "c");
  }

  @Test
  void kindsAreNotMixed() {
    GatheredCalls<Call> calls = gathered(ONE_AT_A_TIME);
    add(calls, "first");
    calls.add(new Call("a", "one kind", 1));
    calls.add(new Call("b", "another", 1));
    calls.add(new Call("c", "one kind", 1));
    calls.add(new Call("a", "another", 1));
    next().ended().run();
    Sent second = next();
    assertThat(second.documents()).containsExactly("a", "c");
    second.ended().run();
    assertThat(next().documents()).containsExactly("b", "a");
  }

  @Test
  void anRpcIsBoundedInCallsAndBytesAndSoAreThoseToCome() {
    GatheredCalls<Call> calls = gathered(ONE_AT_A_TIME);
    add(calls, "first", "a", "b", "c", "d");
    assertThat(calls.add(new Call("e", "", 99))).isTrue();
    assertThat(calls.add(new Call("f", "", 1))).isTrue();
    assertThat(calls.add(new Call("g", "", 100))).as("the last RPC").isTrue();
    assertThat(calls.add(new Call("h", "", 1))).as("one more RPC").isFalse();
    for (List<String> expected :
        List.of(List.of("first"), List.of("a", "b", "c"), List.of("d", "e"), List.of("f"))) {
      Sent rpc = next();
      assertThat(rpc.documents()).isEqualTo(expected);
      rpc.ended().run();
    }
    assertThat(next().documents()).containsExactly("g");
    assertThat(calls.add(new Call("h", "", 101))).as("too large for any").isFalse();
    assertThat(calls.add(new Call("h", "", 1))).as("there is room again").isTrue();
  }

  @Test
  void oneThatHangsIsNotWaitedForLong() throws InterruptedException {
    GatheredCalls<Call> calls = gathered(new Limits(1, Duration.ofMillis(20), 3, 100, 4));
    add(calls, "hangs", "a", "b");
    Sent hangs = next();
    Sent second = sent.poll(Futures.PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    assertThat(second).isNotNull();
    assertThat(second.documents()).containsExactly("a", "b");
    add(calls, "c");
    second.ended().run();
    assertThat(hangs.documents()).containsExactly("hangs");
    Sent third = sent.poll(Futures.PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    assertThat(third).isNotNull();
    assertThat(third.documents()).containsExactly("c");
  }

  @Test
  void closingSendsWhatWaitsAndRefusesWhatComes() {
    GatheredCalls<Call> calls = gathered(ONE_AT_A_TIME);
    add(calls, "first", "a", "a", "b");
    calls.close();
    assertThat(next().documents()).containsExactly("first");
    assertThat(next().documents()).containsExactly("a");
    Sent last = next();
    assertThat(last.documents()).containsExactly("a", "b");
    assertThat(add(calls, "c")).isFalse();
    last.ended().run();
    calls.close();
    assertThat(sent).isEmpty();
  }

  /** Method: threads add calls while RPCs end on others; each call must be in exactly one. */
  @Test
  void underManyThreadsEachCallIsSentOnce() throws InterruptedException {
    int threads = 8;
    int each = 2_000;
    AtomicInteger underWay = new AtomicInteger();
    AtomicInteger underWayMax = new AtomicInteger();
    List<List<String>> rpcs = new ArrayList<>();
    CountDownLatch all = new CountDownLatch(threads * each);
    ExecutorService pool = Executors.newFixedThreadPool(threads + 2);
    GatheredCalls<Call> calls =
        new GatheredCalls<>(
            new Limits(2, NEVER, 50, 10_000, threads * each),
            timers,
            (batch, ended) -> {
              underWayMax.accumulateAndGet(underWay.incrementAndGet(), Math::max);
              synchronized (rpcs) {
                rpcs.add(batch.stream().map(Call::document).toList());
              }
              pool.execute(
                  () -> {
                    underWay.decrementAndGet();
                    ended.run();
                    batch.forEach(call -> all.countDown());
                  });
            });
    for (int t = 0; t < threads; t++) {
      pool.execute(
          () -> {
            for (int i = 0; i < each; i++) {
              calls.add(new Call("document " + i % 7, "", 1));
            }
          });
    }
    assertThat(all.await(Futures.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    pool.shutdownNow();
    assertThat(underWayMax.get()).isLessThanOrEqualTo(2);
    synchronized (rpcs) {
      assertThat(rpcs.stream().mapToInt(List::size).sum()).isEqualTo(threads * each);
      assertThat(rpcs).allSatisfy(rpc -> assertThat(rpc).doesNotHaveDuplicates());
    }
  }
}
