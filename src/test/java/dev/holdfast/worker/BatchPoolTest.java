package dev.holdfast.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.ModelSpec.BatchLimits;
import dev.holdfast.job.RowEncoding;
import dev.holdfast.worker.InferenceEngine.Prepared;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How batches are cut from the pool. */
@Timeout(20)
class BatchPoolTest {

  private record Sized(int tokens, Object signature) implements Prepared {}

  private static Window window() {
    return new Window(List.of(new Line(0, 1, 2, "\"a\"", null)), RowEncoding.JSON, settled -> {});
  }

  private static BatchPool pool(int itemsMax, int tokensMax, int... lengths) {
    BatchPool pool =
        new BatchPool(
            new BatchLimits(itemsMax, tokensMax, Duration.ZERO), new MemoryLimits(tokensMax));
    Window window = window();
    for (int length : lengths) {
      pool.add(List.of(new BatchPool.Arrival(window, 0, new Sized(length, "s"))));
    }
    return pool;
  }

  private static List<Integer> take(BatchPool pool) throws InterruptedException {
    return Objects.requireNonNull(pool.take()).stream().map(e -> e.prepared.tokens()).toList();
  }

  @Test
  void sweepsFromTheLongestDownAndBeginsAgain() throws Exception {
    BatchPool pool = pool(2, 1_000, 50, 10, 51, 200, 48, 11);
    assertThat(take(pool)).containsExactly(200, 51);
    pool.add(List.of(new BatchPool.Arrival(window(), 0, new Sized(199, "s"))));
    pool.add(List.of(new BatchPool.Arrival(window(), 0, new Sized(49, "s"))));
    assertThat(take(pool)).containsExactly(50, 49);
    assertThat(take(pool)).containsExactly(48, 11);
    assertThat(take(pool)).containsExactly(10);
    assertThat(take(pool)).containsExactly(199);
  }

  @Test
  void neverExceedsTheTokenBudgetUnlessOneItemDoes() throws Exception {
    BatchPool pool = pool(32, 100, 500, 40, 41, 30);
    assertThat(take(pool)).containsExactly(500);
    assertThat(take(pool)).containsExactly(41, 40);
    assertThat(take(pool)).containsExactly(30);
  }

  @Test
  void nobodyStarvesBehindAStreamOfLongerItems() throws Exception {
    BatchPool pool = pool(1, 1_000, 5);
    Window window = window();
    int batches = 0;
    int taken;
    do {
      pool.add(List.of(new BatchPool.Arrival(window, 0, new Sized(50, "s"))));
      pool.add(List.of(new BatchPool.Arrival(window, 0, new Sized(50, "s"))));
      taken = take(pool).get(0);
      batches++;
    } while (taken == 50);
    assertThat(batches).isLessThan(200);
  }

  @Test
  void mixesOnlyEqualSignatures() throws Exception {
    BatchPool pool = new BatchPool(new BatchLimits(8, 100, Duration.ZERO), new MemoryLimits(100));
    Window window = window();
    pool.add(
        List.of(
            new BatchPool.Arrival(window, 0, new Sized(1, "a")),
            new BatchPool.Arrival(window, 0, new Sized(1, "b")),
            new BatchPool.Arrival(window, 0, new Sized(1, "a"))));
    assertThat(take(pool)).hasSize(2);
    assertThat(take(pool)).hasSize(1);
  }

  @Test
  void whatIsUrgentComesFirstAndByItself() throws Exception {
    BatchPool pool = pool(2, 1_000, 50, 40, 30);
    assertThat(take(pool)).containsExactly(50, 40);
    Window urgent = window();
    urgent.hurry();
    for (int length : new int[] {10, 60, 20}) {
      pool.add(List.of(new BatchPool.Arrival(urgent, 0, new Sized(length, "s"))));
    }
    assertThat(take(pool)).containsExactly(60, 20);
    assertThat(take(pool)).containsExactly(10);
    assertThat(take(pool)).containsExactly(30);
  }

  @Test
  void forgetsCancelledWindows() throws Exception {
    BatchPool pool = new BatchPool(new BatchLimits(8, 100, Duration.ZERO), new MemoryLimits(100));
    Window gone = window();
    pool.add(
        List.of(
            new BatchPool.Arrival(gone, 0, new Sized(1, "s")),
            new BatchPool.Arrival(window(), 0, new Sized(2, "s"))));
    gone.cancel();
    assertThat(take(pool)).containsExactly(2);
  }

  @Test
  void whoLeavesIsIdleWhenTheLastBatchHasEndedAndBeginsNoOther() throws Exception {
    BatchPool pool = pool(1, 100, 3, 2, 1);
    take(pool);
    take(pool);
    Future<Void> idle = pool.leave();
    pool.ended();
    assertThat(idle.isComplete()).isFalse();
    pool.ended();
    assertThat(idle.succeeded()).isTrue();
    assertThat(pool.leave().succeeded()).as("to whoever asks later").isTrue();
    assertThat(pool.close()).as("what was never begun").hasSize(1);
    assertThat(pool.take()).isNull();
  }

  @Test
  void aPartialBatchWaitsForCompanyUntilItIsFull() throws Exception {
    BatchPool pool =
        new BatchPool(new BatchLimits(2, 100, Duration.ofMinutes(1)), new MemoryLimits(100));
    pool.add(List.of(new BatchPool.Arrival(window(), 0, new Sized(1, "s"))));
    CompletableFuture<List<Integer>> batch = new CompletableFuture<>();
    Thread taker =
        new Thread(
            () -> {
              try {
                batch.complete(take(pool));
              } catch (InterruptedException e) {
                batch.completeExceptionally(e);
              }
            });
    taker.start();
    pool.add(List.of(new BatchPool.Arrival(window(), 0, new Sized(1, "s"))));
    assertThat(batch.get(10, TimeUnit.SECONDS)).hasSize(2);
    taker.join();
  }

  @Test
  void closingWakesTakersAndReturnsWhatIsLeft() throws Exception {
    BatchPool pool = pool(8, 100, 1, 2);
    assertThat(pool.close()).hasSize(2);
    assertThat(pool.take()).isNull();
  }

  @Test
  void everyItemIsTakenOnceWithinTheLimitsAndWithLittlePadding() throws Exception {
    Random random = new Random(7);
    int[] lengths = random.ints(2_000, 3, 120).toArray();
    BatchPool pool = pool(32, 512, lengths);
    List<Integer> all = new ArrayList<>();
    long padded = 0;
    while (all.size() < lengths.length) {
      List<Integer> batch = take(pool);
      int longest = batch.stream().mapToInt(Integer::intValue).max().orElseThrow();
      assertThat(batch.size()).isLessThanOrEqualTo(32);
      assertThat(batch.size() * longest).isLessThanOrEqualTo(512);
      padded += (long) batch.size() * longest;
      all.addAll(batch);
    }
    long real = all.stream().mapToLong(Integer::longValue).sum();
    assertThat(all).hasSize(lengths.length);
    assertThat((double) padded / real).isLessThan(1.03);
  }
}
