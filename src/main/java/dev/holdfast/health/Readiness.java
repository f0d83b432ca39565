package dev.holdfast.health;

import java.util.List;

/**
 * Whether a process should be sent work.
 *
 * @param reasons why not, each in a few words; empty if it should
 */
public record Readiness(List<String> reasons) {

  public static final Readiness READY = new Readiness(List.of());

  public Readiness {
    reasons = List.copyOf(reasons);
  }

  public static Readiness notReady(String reason) {
    return new Readiness(List.of(reason));
  }

  public boolean ready() {
    return reasons.isEmpty();
  }
}
