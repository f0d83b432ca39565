package dev.holdfast.tuning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.holdfast.job.ModelSpec.BatchLimits;
import dev.holdfast.job.ModelSpec.Choice;
import dev.holdfast.tuning.LimitSearch.Found;
import dev.holdfast.tuning.LimitSearch.Measurement;
import dev.holdfast.tuning.LimitSearch.Question;
import dev.holdfast.tuning.Sweep.Point;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The search on models that are functions. */
class LimitSearchTest {

  private static final BatchLimits CONFIGURED = new BatchLimits(32, 4_096, Duration.ofMillis(5));

  /** Gains until 512 tokens or 8 items, and loses beyond 2,048 tokens. */
  private static Point kneeAt512(int lanes, int items, int tokens) {
    double full = Math.min(512, tokens) * Math.min(8, items) * lanes;
    return new Point(lanes, items, tokens, tokens > 2_048 ? full / 2 : full);
  }

  private static Found find(Measurement model, int lanes) throws Exception {
    return new LimitSearch(model, () -> 0, point -> {})
        .find(new Question(lanes, 1, 31, CONFIGURED, EnumSet.allOf(Choice.class)));
  }

  @Test
  void itFindsTheKneeInTokensAndThenInItems() throws Exception {
    Found found = find(LimitSearchTest::kneeAt512, 1);
    assertThat(found.suggested().tokensMax()).isEqualTo(512);
    assertThat(found.suggested().itemsMax()).isEqualTo(8);
    assertThat(found.configured().tokensMax()).isEqualTo(4_096);
    assertThat(found.changes()).isTrue();
    assertThat(found.points()).hasSizeLessThanOrEqualTo(LimitSearch.POINTS_USUAL);
  }

  @Test
  void whatIsConfiguredStaysIfItIsAsFast() throws Exception {
    Found found = find((lanes, items, tokens) -> new Point(lanes, items, tokens, 100), 1);
    assertThat(found.changes()).isFalse();
    assertThat(found.suggested().itemsMax()).isEqualTo(32);
  }

  @Test
  void oneLuckyTurnChangesNothing() throws Exception {
    AtomicInteger turn = new AtomicInteger();
    Found found =
        find(
            (lanes, items, tokens) -> {
              boolean configured = items == 32 && tokens == 4_096;
              boolean lucky = !configured && turn.get() == 1;
              turn.addAndGet(configured ? 1 : 0);
              return new Point(lanes, items, tokens, lucky ? 1_000 : 100);
            },
            1);
    assertThat(turn).hasValue(3);
    assertThat(found.changes()).isFalse();
  }

  @Test
  void fewerLanesAreMeasuredWithTheBestLimits() throws Exception {
    Found found = find(LimitSearchTest::kneeAt512, 6);
    assertThat(found.points())
        .filteredOn(point -> point.lanes() < 6)
        .extracting(Point::lanes, Point::itemsMax)
        .containsExactly(tuple(1, 8), tuple(2, 8), tuple(4, 8));
  }

  @Test
  void memoryEndsTheClimb() throws Exception {
    List<Integer> tried = new ArrayList<>();
    Found found =
        find(
            (lanes, items, tokens) -> {
              tried.add(tokens);
              return new Point(lanes, items, tokens, tokens > 256 ? 0 : tokens);
            },
            1);
    assertThat(tried).startsWith(32, 64, 128, 256, 512).doesNotContain(1_024);
    assertThat(found.suggested().tokensMax()).isEqualTo(256);
    assertThat(found.configured().itemsPerSecond()).isZero();
  }

  @Test
  void withoutTimeItMeasuresWhatDecidesOnce() throws Exception {
    AtomicInteger measured = new AtomicInteger();
    Found found =
        new LimitSearch(LimitSearchTest::kneeAt512, () -> 1, point -> measured.incrementAndGet())
            .find(new Question(8, 1, 32, CONFIGURED, EnumSet.allOf(Choice.class)));
    assertThat(measured).hasValue(4);
    assertThat(found.points()).hasSize(4);
    assertThat(found.points().get(3).itemsMax())
        .as("one item a batch is no finding where nothing else was tried")
        .isEqualTo(LimitSearch.ITEMS_MAX);
  }

  private static Found open(Measurement model, Choice... open) throws Exception {
    return new LimitSearch(model, () -> 0, point -> {})
        .find(new Question(4, 1, 31, CONFIGURED, Set.of(open)));
  }

  @Test
  void whatIsFixedIsMeasuredAsItIs() throws Exception {
    Found byTokens = open(LimitSearchTest::kneeAt512, Choice.TOKENS);
    assertThat(byTokens.points()).extracting(Point::itemsMax).containsOnly(32);
    assertThat(byTokens.suggested().tokensMax()).isEqualTo(512);
    Found byItems = open(LimitSearchTest::kneeAt512, Choice.ITEMS);
    assertThat(byItems.points()).extracting(Point::tokensMax).containsOnly(4_096);
    assertThat(byItems.points()).extracting(Point::lanes).containsOnly(4);
    assertThat(open(LimitSearchTest::kneeAt512, Choice.DELAY).points())
        .extracting(Point::itemsMax, Point::tokensMax)
        .containsOnly(tuple(32, 4_096));
  }

  @Test
  void fewerLanesAreChosenIfTheyAreFasterAndNotIfTheyAreAsFast() throws Exception {
    assertThat(open((l, i, t) -> new Point(l, i, t, l == 2 ? 150 : 100), Choice.LANES).lanes())
        .isEqualTo(2);
    assertThat(open((l, i, t) -> new Point(l, i, t, 100), Choice.LANES).lanes()).isEqualTo(4);
    assertThat(open((l, i, t) -> new Point(l, i, t, l == 2 ? 150 : 100), Choice.ITEMS).lanes())
        .isEqualTo(4);
  }

  @Test
  void aLaneThatWasLuckyOnceChangesNothing() throws Exception {
    AtomicInteger lean = new AtomicInteger();
    Measurement lucky =
        (l, i, t) -> new Point(l, i, t, l == 1 && lean.getAndIncrement() == 0 ? 500 : 100);
    assertThat(open(lucky, Choice.LANES).lanes()).isEqualTo(4);
  }

  @Test
  void noDeviceIsLeftWithoutALane() throws Exception {
    Found found =
        new LimitSearch(LimitSearchTest::kneeAt512, () -> 0, point -> {})
            .find(new Question(8, 4, 31, CONFIGURED, EnumSet.allOf(Choice.class)));
    assertThat(found.points()).extracting(Point::lanes).containsOnly(8, 4);
  }
}
