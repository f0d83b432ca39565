package dev.holdfast.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.micrometer.core.instrument.MockClock;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * What is watched, and whether it is asked for as its kind of number wants. That the numbers are
 * there is shown by {@code LocalStackTest}, on real processes.
 */
class MonitoringTest {

  /** What somebody who runs this wants to see, and how it is asked for. */
  private static final Map<String, String> PANELS = new LinkedHashMap<>();

  static {
    PANELS.put("backlog", "max by \\(state\\) \\(holdfast_queue_items\\)");
    PANELS.put("age", "max\\(holdfast_queue_oldest_age_seconds\\)");
    PANELS.put("time to drain it", "max\\(holdfast_queue_drain_seconds\\)");
    PANELS.put("throughput", "rate\\(holdfast_items_total\\[5m]\\)");
    PANELS.put("micro-batch fill", "rate\\(holdfast_batch_fill_sum.*/.*holdfast_batch_fill_count");
    PANELS.put("interruptions by zone", "by \\(from_zone, .*increase\\(holdfast_interruptions");
    PANELS.put("by machine", "by \\(from_machine, .*increase\\(holdfast_interruptions_total");
    PANELS.put("hand-over", "histogram_quantile.*by \\(le\\).*holdfast_hand_over_seconds_bucket");
    PANELS.put("recovery", "histogram_quantile.*by \\(le\\).*holdfast_recovery_seconds_bucket");
    PANELS.put("checkpoint save", "histogram_quantile.*by \\(le\\).*holdfast_part_seconds_bucket");
    PANELS.put("checkpoint load", "histogram_quantile.*holdfast_checkpoint_load_seconds_bucket");
    PANELS.put(
        "completion with and without interruptions",
        "by \\(interrupted\\).*outcome=\"complete\".*/.*by \\(interrupted\\)");
    PANELS.put("grace used", "histogram_quantile.*holdfast_grace_used_seconds_bucket");
    PANELS.put("grace missed", "after=\"lost\".*/.*holdfast_interruptions_total");
    PANELS.put("budget burn", "holdfast_budget_spent_sum.*by \\(budget\\).*_budget_spent_count");
    PANELS.put("cost per million items", "holdfast_cost_total.*/.*holdfast_items_total.*1e6");
  }

  @TestFactory
  Stream<DynamicTest> everythingHasItsPanel() {
    List<String> asked = Watched.panels().stream().map(Watched.Query::expression).toList();
    return PANELS.entrySet().stream()
        .map(
            panel ->
                DynamicTest.dynamicTest(
                    panel.getKey(),
                    () -> assertThat(asked).anyMatch(query -> matches(panel.getValue(), query))));
  }

  private static boolean matches(String pattern, String query) {
    return Pattern.compile(pattern).matcher(query).find();
  }

  /** What is wrong with a query for the kinds of numbers that its names stand for. */
  private static List<String> wrong(String query) {
    List<String> wrong = new ArrayList<>();
    for (String name : Watched.names(query)) {
      String within = "\\(" + name + "(\\{[^}]*})?\\[";
      if (name.matches(".*_(total|count|sum|bucket)")) {
        if (!matches("(rate|increase)" + within, query)) {
          wrong.add(name + " only grows, and its growth is not asked for");
        }
      } else if (name.endsWith("_max")) {
        if (!matches("max_over_time" + within, query)) {
          wrong.add(name + " is soon forgotten, and only its newest value is asked for");
        }
      } else if (matches("(rate|increase)" + within, query)) {
        wrong.add(name + " goes up and down, and its growth is asked for");
      }
    }
    if (query.contains("_bucket")
        && !matches("histogram_quantile\\([0-9.]+, sum by \\(le", query)) {
      wrong.add("buckets are added up without their bounds");
    }
    if (query.contains("jobs_ended_total") && matches("outcome=\"complete\"", query)) {
      String all = query.substring(query.indexOf("outcome=\"complete\"") + 18);
      if (!all.contains("outcome!=\"cancelled\"")) {
        wrong.add("a job that its client cancelled is taken for one that failed");
      }
    }
    return wrong;
  }

  @TestFactory
  Stream<DynamicTest> everythingIsAskedForAsItsKindWants() {
    return Watched.all().stream()
        .map(
            query ->
                DynamicTest.dynamicTest(
                    query.where(), () -> assertThat(wrong(query.expression())).isEmpty()));
  }

  @TestFactory
  Stream<DynamicTest> damageIsFound() {
    return Stream.of(
            "sum(holdfast_items_total)",
            "rate(holdfast_queue_items[5m])",
            "max(holdfast_budget_spent_max) > 0.5",
            "histogram_quantile(0.95, sum(rate(holdfast_part_seconds_bucket[10m])))",
            "increase(holdfast_jobs_ended_total{outcome=\"complete\"}[1h])"
                + " / increase(holdfast_jobs_ended_total[1h])")
        .map(query -> DynamicTest.dynamicTest(query, () -> assertThat(wrong(query)).isNotEmpty()));
  }

  /** Why a maximum is looked at over a time: an alert that waits for ten minutes never came. */
  @Test
  void aMaximumIsForgottenWithinThreeMinutes() {
    MockClock clock = new MockClock();
    PrometheusMeterRegistry meters =
        new PrometheusMeterRegistry(PrometheusConfig.DEFAULT, new PrometheusRegistry(), clock);
    meters.summary("holdfast.budget.spent", "budget", "failures").record(1);
    String shown = "holdfast_budget_spent_max{budget=\"failures\"} ";
    assertThat(meters.scrape()).contains(shown + "1.0");
    clock.add(Duration.ofSeconds(181));
    assertThat(meters.scrape()).contains(shown + "0.0");
  }

  /**
   * The autoscaler hears of queued and running items, of how long they wait and will take; what is
   * not known is not zero, but for the last, which is not known before somebody works.
   */
  @Test
  void theAutoscalerAsksForWhatIsKnown() {
    List<String> asked =
        Watched.all().stream()
            .filter(query -> query.where().equals("KEDA"))
            .map(Watched.Query::expression)
            .toList();
    assertThat(asked)
        .hasSize(3)
        .allMatch(query -> query.contains(" >= 0"))
        .allMatch(query -> query.contains("namespace=\"holdfast\""));
    assertThat(asked.get(0)).contains("max by (state) (holdfast_queue_items{").endsWith(" >= 0");
    assertThat(asked.get(1)).contains("holdfast_queue_drain_seconds{").endsWith(" or vector(0)");
    assertThat(asked.get(2)).contains("holdfast_queue_oldest_age_seconds{").endsWith(" >= 0");
  }

  @Test
  void everyAlertSaysHowUrgentItIsAndWhere() {
    for (JsonNode rule : Watched.rules()) {
      assertThat(rule.at("/labels/severity").asText()).isIn("page", "ticket");
      assertThat(rule.at("/annotations/summary").asText()).endsWith(".");
      assertThat(rule.at("/annotations/runbook").asText()).startsWith("deploy/README.md#");
    }
  }
}
