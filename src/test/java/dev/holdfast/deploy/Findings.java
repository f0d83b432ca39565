package dev.holdfast.deploy;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What the rules found, and which of them were asked at all. */
final class Findings {

  /** A manifest that breaks a rule. */
  record Broken(String manifest, String rule, String detail) {}

  private final Set<String> asked = new TreeSet<>();
  private final List<Broken> broken = new ArrayList<>();

  /** Holds everything that is rendered to every rule. */
  static Findings of(Manifests all) {
    Findings found = new Findings();
    PodRules.check(all, found);
    ProbeRules.check(all, found);
    FleetRules.check(all, found);
    ReferenceRules.check(all, found);
    NetworkRules.check(all, found);
    RightsRules.check(all, found);
    ScalingRules.check(all, found);
    return found;
  }

  /**
   * Asks a rule of a manifest.
   *
   * @param rule the same words each time, so that a rule that nobody breaks on purpose stands out
   */
  void require(boolean holds, JsonNode manifest, String rule) {
    require(holds, manifest, rule, "");
  }

  /**
   * Asks a rule of a part of a manifest.
   *
   * @param detail the part
   */
  void require(boolean holds, JsonNode manifest, String rule, String detail) {
    asked.add(rule);
    if (!holds) {
      broken.add(new Broken(Manifests.title(manifest), rule, detail));
    }
  }

  List<Broken> broken() {
    return broken;
  }

  Set<String> asked() {
    return asked;
  }
}
