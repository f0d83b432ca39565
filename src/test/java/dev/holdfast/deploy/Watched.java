package dev.holdfast.deploy;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Everything that is asked of Prometheus: by panels, alerts, and the autoscaler. */
public final class Watched {

  private static final Path COMPONENTS = Path.of("deploy/gke/components");
  private static final Pattern NAME = Pattern.compile("\\bholdfast(?:_[a-z]+)+\\b");

  /**
   * @param where a panel's title, an alert's name, or the scaled object's
   * @param expression in PromQL
   */
  record Query(String where, String expression) {}

  private Watched() {}

  static List<Query> panels() {
    List<Query> queries = new ArrayList<>();
    for (JsonNode panel :
        Manifests.yaml(COMPONENTS.resolve("monitoring/dashboard.json")).path("panels")) {
      for (JsonNode target : panel.path("targets")) {
        queries.add(new Query(panel.path("title").asText(), target.path("expr").asText()));
      }
    }
    return queries;
  }

  static JsonNode rules() {
    return Manifests.yaml(COMPONENTS.resolve("monitoring/rules.yaml")).at("/spec/groups/0/rules");
  }

  static List<Query> all() {
    List<Query> queries = panels();
    for (JsonNode rule : rules()) {
      queries.add(new Query(rule.path("alert").asText(), rule.path("expr").asText()));
    }
    for (JsonNode trigger :
        Manifests.documents(COMPONENTS.resolve("keda/scaledobjects.yaml")).stream()
            .flatMap(one -> Manifests.each(one.at("/spec/triggers")))
            .toList()) {
      queries.add(new Query("KEDA", trigger.at("/metadata/query").asText()));
    }
    return queries;
  }

  static Set<String> names(String expression) {
    return NAME.matcher(expression)
        .results()
        .map(MatchResult::group)
        // a label's value, as a namespace is, is in quotes
        .filter(name -> !expression.contains('"' + name + '"'))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** Every name of ours, as Prometheus has it. */
  public static Set<String> names() {
    return all().stream()
        .flatMap(query -> names(query.expression()).stream())
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
