package dev.holdfast.deploy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * One way to break one rule.
 *
 * @param overlay whose rendered copy is damaged
 */
record Damage(String rule, String overlay, Consumer<Manifests> done) {

  /** Every rule's damage. */
  static List<Damage> all() {
    List<Damage> all = new ArrayList<>();
    PodDamage.toPods(all);
    PodDamage.toProbes(all);
    PodDamage.toFleets(all);
    OtherDamage.toReferences(all);
    OtherDamage.toTargets(all);
    OtherDamage.toNetworks(all);
    OtherDamage.toScaling(all);
    OtherDamage.toRights(all);
    return all;
  }

  static void manifest(List<Damage> all, String rule, String title, Consumer<ObjectNode> done) {
    manifest(all, "prod", rule, title, done);
  }

  static void manifest(
      List<Damage> all, String overlay, String rule, String title, Consumer<ObjectNode> done) {
    String[] kindAndName = title.split(" ", 2);
    all.add(
        new Damage(
            rule,
            overlay,
            manifests -> done.accept(manifests.get(kindAndName[0], kindAndName[1]))));
  }

  static void pod(List<Damage> all, String rule, Consumer<ObjectNode> done) {
    manifest(
        all, rule, "Deployment worker-spot", one -> done.accept(at(one, "/spec/template/spec")));
  }

  static void first(List<Damage> all, String rule, Consumer<ObjectNode> done) {
    pod(all, rule, pod -> done.accept(at(pod, "/containers/0")));
  }

  static void policy(List<Damage> all, String rule, String name, Consumer<ObjectNode> done) {
    manifest(all, rule, "NetworkPolicy " + name, one -> done.accept(at(one, "/spec")));
  }

  static void scaled(List<Damage> all, String rule, Consumer<ObjectNode> done) {
    manifest(all, rule, "ScaledObject worker-spot", one -> done.accept(at(one, "/spec")));
  }

  static ObjectNode at(JsonNode node, String path) {
    return (ObjectNode) node.at(path);
  }

  static ObjectNode variable(JsonNode pod, String name) {
    return (ObjectNode)
        Manifests.each(pod.at("/containers/0/env"))
            .filter(one -> one.path("name").asText().equals(name))
            .findFirst()
            .orElseThrow();
  }
}
