package dev.holdfast;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.client.Terminal;
import dev.holdfast.job.ModelSpec;
import dev.holdfast.tuning.LimitSearch.Found;
import dev.holdfast.tuning.Sweep.Point;
import dev.holdfast.worker.InferenceEngine.LoadedModel;
import java.nio.file.Path;
import java.util.IntSummaryStatistics;
import java.util.Locale;
import java.util.Optional;

/**
 * What {@code holdfast bench} prints: measurements as they come on the standard error, what follows
 * from them on the standard output.
 */
final class BenchReport {

  private static final double SECONDS_AN_HOUR = 3_600;
  private static final double MILLION = 1e6;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Terminal terminal;
  private final Path models;
  private final Optional<Double> pricePerHour;

  /**
   * @param models the file that the suggestion is for
   */
  BenchReport(Terminal terminal, Path models, Optional<Double> pricePerHour) {
    this.terminal = terminal;
    this.models = models;
    this.pricePerHour = pricePerHour.filter(price -> price > 0);
  }

  void begins(
      LoadedModel model, IntSummaryStatistics tokens, int itemsGiven, double preparedPerSecond) {
    say(
        "%s, %d lanes; %d of %d items, %d to %d tokens, %.1f on average;"
            + " prepared %.0f items/s on one thread",
        model.spec().name(),
        model.lanes(),
        tokens.getCount(),
        itemsGiven,
        tokens.getMin(),
        tokens.getMax(),
        tokens.getAverage(),
        preparedPerSecond);
  }

  void measured(Point point) {
    String rate =
        point.itemsPerSecond() == 0
            ? "does not fit into memory"
            : "%.1f items/s".formatted(point.itemsPerSecond());
    say(
        "%d lanes, batches of up to %d items, %d tokens: %s",
        point.lanes(), point.itemsMax(), point.tokensMax(), rate);
  }

  void ends(LoadedModel model, Found found) {
    ModelSpec spec = model.spec();
    Point now = found.configured();
    Point best = found.suggested();
    print("as configured:  %s  %.1f items/s", batch(spec, now), now.itemsPerSecond());
    if (found.changes()) {
      print("suggested:      %s  %.1f items/s", batch(spec, best), best.itemsPerSecond());
      print("so put this below \"- name: %s\" in %s:", spec.name(), models);
      print("    %s", batch(spec, best));
    } else {
      print("nothing that was measured is clearly faster: leave %s as it is", models);
    }
    if (found.lanes() < now.lanes()) {
      print("fewer lanes are faster, so put this there, too:");
      print("    lanes: %d", found.lanes() / model.hardware().devices());
    }
    pricePerHour.ifPresent(
        price ->
            print(
                "at %s an hour: %.0f items for 1, %.4f for a million items",
                price, itemsForOne(best, price), forMillion(best, price)));
  }

  /** One line for programs. */
  void json(ModelSpec spec, Found found) {
    ObjectNode line = JSON.createObjectNode();
    line.put("model", spec.name());
    line.set("configured", json(found.configured()));
    line.set("suggested", json(found.suggested()));
    line.put("batch", batch(spec, found.suggested()));
    line.put("changes", found.changes());
    pricePerHour.ifPresent(
        price -> {
          line.put("pricePerHour", price);
          line.put("itemsForOne", itemsForOne(found.suggested(), price));
          line.put("priceOfMillionItems", forMillion(found.suggested(), price));
        });
    ArrayNode points = line.putArray("points");
    found.points().forEach(point -> points.add(json(point)));
    terminal.out().println(line);
    terminal.out().flush();
  }

  private static ObjectNode json(Point point) {
    return JSON.createObjectNode()
        .put("lanes", point.lanes())
        .put("items", point.itemsMax())
        .put("tokens", point.tokensMax())
        .put("itemsPerSecond", point.itemsPerSecond());
  }

  /** As the file of models has it. */
  private static String batch(ModelSpec spec, Point point) {
    return "batch: {items: %d, tokens: %d, delay: %s}"
        .formatted(
            point.itemsMax(), point.tokensMax(), DurationText.print(spec.batch().delayMax()));
  }

  private static double itemsForOne(Point point, double price) {
    return point.itemsPerSecond() * SECONDS_AN_HOUR / price;
  }

  private static double forMillion(Point point, double price) {
    return MILLION / itemsForOne(point, price);
  }

  @SuppressWarnings("AnnotateFormatMethod") // the annotation is in no library that ships
  private void say(String line, Object... values) {
    terminal.err().println(String.format(Locale.ROOT, line, values));
    terminal.err().flush();
  }

  @SuppressWarnings("AnnotateFormatMethod") // as above
  private void print(String line, Object... values) {
    terminal.out().println(String.format(Locale.ROOT, line, values));
    terminal.out().flush();
  }
}
