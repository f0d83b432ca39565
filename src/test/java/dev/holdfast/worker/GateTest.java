package dev.holdfast.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import org.junit.jupiter.api.Test;

/** Admission in turn, within both bounds. */
class GateTest {

  @Test
  void admitsInTurnAndNeverMoreThanFits() {
    Gate gate = new Gate(10, 100);
    assertThat(gate.enter(6, 10).isComplete()).isTrue();
    Future<Void> second = gate.enter(6, 10);
    Future<Void> third = gate.enter(1, 10);

    assertThat(second.isComplete()).isFalse();
    assertThat(third.isComplete()).as("a small window does not overtake").isFalse();

    gate.leave(6, 10);
    assertThat(second.isComplete()).isTrue();
    assertThat(third.isComplete()).isTrue();
    assertThat(gate.items()).isEqualTo(7);
  }

  @Test
  void boundsBytesToo() {
    Gate gate = new Gate(10, 100);
    assertThat(gate.enter(1, 90).isComplete()).isTrue();
    Future<Void> second = gate.enter(1, 20);
    assertThat(second.isComplete()).isFalse();
    gate.leave(1, 90);
    assertThat(second.isComplete()).isTrue();
  }

  @Test
  void aWindowLargerThanTheGatePassesAlone() {
    Gate gate = new Gate(10, 100);
    assertThat(gate.enter(11, 1_000).isComplete()).isTrue();
    Future<Void> next = gate.enter(1, 1);
    assertThat(next.isComplete()).isFalse();
    gate.leave(11, 1_000);
    assertThat(next.isComplete()).isTrue();
  }
}
