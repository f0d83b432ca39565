package dev.holdfast.deploy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** What kubectl makes of an overlay. */
record Manifests(List<ObjectNode> all) {

  private static final YAMLMapper YAML = new YAMLMapper();
  private static final int RENDER_SECONDS_MAX = 60;

  static final List<String> OVERLAYS = List.of("dev", "prod", "prod-120s");

  private static final Map<String, Manifests> RENDERED = new ConcurrentHashMap<>();

  /** A copy of its own for everybody who asks. */
  static Manifests render(String overlay) {
    return RENDERED
        .computeIfAbsent(overlay, name -> kustomize(Path.of("deploy/gke/overlays", name)))
        .copy();
  }

  private static Manifests kustomize(Path directory) {
    try {
      Process kubectl =
          new ProcessBuilder("kubectl", "kustomize", directory.toString())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      List<ObjectNode> documents = new ArrayList<>();
      try (MappingIterator<ObjectNode> read =
          YAML.readerFor(ObjectNode.class).readValues(kubectl.getInputStream())) {
        read.forEachRemaining(documents::add);
      }
      if (!kubectl.waitFor(RENDER_SECONDS_MAX, TimeUnit.SECONDS) || kubectl.exitValue() != 0) {
        throw new IllegalStateException("kubectl could not render " + directory);
      }
      return new Manifests(List.copyOf(documents));
    } catch (IOException e) {
      throw new UncheckedIOException("kubectl is needed for these tests", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  static JsonNode yaml(Path file) {
    try {
      return YAML.readTree(file.toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Every document of a file. */
  static List<JsonNode> documents(Path file) {
    try (MappingIterator<JsonNode> read =
        YAML.readerFor(JsonNode.class).readValues(file.toFile())) {
      return read.readAll();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Manifests copy() {
    return new Manifests(all.stream().map(ObjectNode::deepCopy).toList());
  }

  Stream<ObjectNode> of(String kind) {
    return all.stream().filter(one -> kind(one).equals(kind));
  }

  Optional<ObjectNode> find(String kind, String name) {
    return of(kind).filter(one -> name(one).equals(name)).findFirst();
  }

  ObjectNode get(String kind, String name) {
    return find(kind, name).orElseThrow(() -> new AssertionError("no " + kind + " " + name));
  }

  /** The settings of all processes; the name of their map ends in a hash of what is in it. */
  ObjectNode settings() {
    return of("ConfigMap")
        .filter(one -> one.path("data").has("HOLDFAST_BACKEND"))
        .findFirst()
        .orElseThrow();
  }

  /** Pods as their Deployments describe them. */
  Stream<ObjectNode> deployments() {
    return of("Deployment");
  }

  static JsonNode pod(JsonNode deployment) {
    return deployment.at("/spec/template/spec");
  }

  static JsonNode podLabels(JsonNode deployment) {
    return deployment.at("/spec/template/metadata/labels");
  }

  /** Whether labels are all that a selector wants; one that wants nothing is a mistake. */
  static boolean matches(JsonNode selector, JsonNode labels) {
    return !selector.isEmpty()
        && selector.properties().stream()
            .allMatch(label -> labels.path(label.getKey()).equals(label.getValue()));
  }

  /** Every port of a deployment's pods, by its name. */
  static Map<String, Integer> ports(JsonNode deployment) {
    Map<String, Integer> ports = new TreeMap<>();
    each(pod(deployment).path("containers"))
        .flatMap(container -> each(container.path("ports")))
        .forEach(port -> ports.put(port.path("name").asText(), port.path("containerPort").asInt()));
    return ports;
  }

  /** Those that run beside each other, and those that run before them. */
  static Stream<JsonNode> containers(JsonNode pod) {
    return Stream.concat(each(pod.path("initContainers")), each(pod.path("containers")));
  }

  static Stream<JsonNode> each(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false);
  }

  /** The value that a container's environment gives by itself, if any. */
  static Optional<String> variable(JsonNode container, String name) {
    return each(container.path("env"))
        .filter(one -> one.path("name").asText().equals(name) && one.has("value"))
        .map(one -> one.path("value").asText())
        .findFirst();
  }

  static String kind(JsonNode manifest) {
    return manifest.path("kind").asText();
  }

  static String name(JsonNode manifest) {
    return manifest.at("/metadata/name").asText();
  }

  static String title(JsonNode manifest) {
    return kind(manifest) + " " + name(manifest);
  }
}
