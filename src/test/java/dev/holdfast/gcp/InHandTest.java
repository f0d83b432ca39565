package dev.holdfast.gcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class InHandTest {

  private static final Duration LEASE = Duration.ofSeconds(30);

  private long now = Long.MAX_VALUE - LEASE.toNanos() / 2;
  private final InHand inHand = new InHand(() -> now);

  static List<String> ids() {
    return IntStream.range(0, InHand.MANY).mapToObj(i -> "id " + i).toList();
  }

  private void pass(Duration time) {
    now += time.toNanos();
  }

  @Test
  void whatIsSettledIsInHandNoLonger() {
    inHand.taken(ids().subList(1, InHand.MANY), LEASE);
    assertThat(inHand.many()).isFalse();
    inHand.taken(List.of("id 0"), LEASE);
    assertThat(inHand.many()).isTrue();
    inHand.settled("id 7");
    inHand.settled("id 7");
    assertThat(inHand.many()).isFalse();
  }

  @Test
  void whatIsNeitherSettledNorExtendedIsInHandUntilItsLeaseHasEnded() {
    inHand.taken(ids(), LEASE);
    pass(LEASE);
    inHand.extended(ids().subList(1, InHand.MANY), LEASE);
    inHand.taken(List.of(), LEASE);
    assertThat(inHand.many()).isTrue();
    pass(Duration.ofNanos(1));
    inHand.taken(List.of(), LEASE);
    assertThat(inHand.many()).as("one was forgotten").isFalse();
    inHand.taken(List.of("another"), LEASE);
    assertThat(inHand.many()).as("the others were extended").isTrue();
  }

  @Test
  void whatWasSettledIsNotExtended() {
    inHand.taken(ids(), LEASE);
    inHand.settled("id 0");
    inHand.extended(ids(), LEASE);
    assertThat(inHand.many()).isFalse();
  }
}
