package dev.holdfast.bench;

import dev.holdfast.bench.Curve.Series;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Figures as they are measured: a table for people, and for whatever comes after one CSV and one
 * plot a table beside what was measured on.
 */
final class Report {

  /** One row: what the rounds of a measurement came to. */
  record Figure(String name, List<Double> rounds, String unit) {
    Figure {
      rounds = List.copyOf(rounds);
    }

    private List<Double> sorted() {
      return rounds.stream().sorted().toList();
    }

    double median() {
      List<Double> sorted = sorted();
      return (sorted.get((sorted.size() - 1) / 2) + sorted.get(sorted.size() / 2)) / 2;
    }

    double min() {
      return sorted().get(0);
    }

    double max() {
      return sorted().get(rounds.size() - 1);
    }

    /** The median with its unit, and the range if there is one. */
    String shown() {
      String range =
          rounds.size() == 1 || min() == max()
              ? ""
              : " (%s .. %s)".formatted(Report.shown(min()), Report.shown(max()));
      return (Report.shown(median()) + " " + unit).strip() + range;
    }
  }

  private final Path directory;
  private final Environment environment;
  private final Map<String, List<Figure>> tables = new LinkedHashMap<>();
  private final Map<String, List<Series>> curves = new LinkedHashMap<>();
  private String name = "";
  private List<Figure> table = new ArrayList<>();

  /**
   * @param directory where the files go
   */
  Report(Path directory, Environment environment) {
    this.directory = directory;
    this.environment = environment;
  }

  /** What is added from now on belongs to this table. */
  void table(String newest) {
    name = newest;
    table = tables.computeIfAbsent(newest, n -> new ArrayList<>());
  }

  /** What goes with the table: how figures went as time went, in one of its rounds. */
  void curve(List<Series> series) {
    curves.put(name + "-curve", List.copyOf(series));
  }

  /** Adds a figure and prints it. */
  void add(String name, List<Double> rounds, String unit) {
    Figure figure = new Figure(name, rounds, unit);
    table.add(figure);
    System.out.printf(Locale.ROOT, "%-72s %s%n", figure.name(), figure.shown());
  }

  void add(String name, double value, String unit) {
    add(name, List.of(value), unit);
  }

  static String shown(double value) {
    return String.format(
        Locale.ROOT, value >= 1_000 ? "%.0f" : value >= 20 ? "%.1f" : "%.3f", value);
  }

  /** Writes what there is so far; again after more has come. */
  void write() throws IOException {
    Files.createDirectories(directory);
    Files.write(directory.resolve("environment.csv"), environment.csv());
    for (Map.Entry<String, List<Figure>> one : tables.entrySet()) {
      if (!one.getValue().isEmpty()) {
        Files.write(directory.resolve(one.getKey() + ".csv"), csv(one.getValue()));
        Files.writeString(
            directory.resolve(one.getKey() + ".svg"),
            Plot.svg(one.getKey(), one.getValue(), environment.line()));
      }
    }
    for (Map.Entry<String, List<Series>> one : curves.entrySet()) {
      Files.write(directory.resolve(one.getKey() + ".csv"), Curve.csv(one.getValue()));
      Files.writeString(
          directory.resolve(one.getKey() + ".svg"),
          Curve.svg(one.getKey(), one.getValue(), environment.line()));
    }
  }

  private static List<String> csv(List<Figure> figures) {
    List<String> lines = new ArrayList<>();
    lines.add("figure,median,min,max,unit,rounds");
    for (Figure f : figures) {
      String rounds = f.rounds().stream().map(String::valueOf).collect(Collectors.joining(" "));
      lines.add(
          String.format(
              Locale.ROOT,
              "\"%s\",%s,%s,%s,%s,%s",
              f.name(),
              f.median(),
              f.min(),
              f.max(),
              f.unit(),
              rounds));
    }
    return lines;
  }
}
