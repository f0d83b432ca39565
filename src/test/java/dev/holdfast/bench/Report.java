package dev.holdfast.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Figures as they are measured: a table for people, CSV for whatever comes after. */
final class Report {

  private record Figure(String name, double median, double min, double max, String unit) {}

  private final List<Figure> figures = new ArrayList<>();

  /** Adds a figure and prints it. */
  void add(String name, List<Double> values, String unit) {
    List<Double> sorted = values.stream().sorted().toList();
    Figure figure =
        new Figure(
            name,
            (sorted.get((sorted.size() - 1) / 2) + sorted.get(sorted.size() / 2)) / 2,
            sorted.get(0),
            sorted.get(sorted.size() - 1),
            unit);
    figures.add(figure);
    System.out.println(row(figure));
  }

  void add(String name, double value, String unit) {
    add(name, List.of(value), unit);
  }

  private static String row(Figure f) {
    String range =
        f.min() == f.max()
            ? ""
            : String.format(Locale.ROOT, "  (%s .. %s)", shown(f.min()), shown(f.max()));
    return String.format(
        Locale.ROOT, "%-58s %10s %-12s%s", f.name(), shown(f.median()), f.unit(), range);
  }

  private static String shown(double value) {
    return String.format(
        Locale.ROOT, value >= 1_000 ? "%.0f" : value >= 20 ? "%.1f" : "%.3f", value);
  }

  void write(Path csv) throws IOException {
    List<String> lines = new ArrayList<>();
    lines.add("figure,median,min,max,unit");
    for (Figure f : figures) {
      lines.add(
          String.format(
              Locale.ROOT, "\"%s\",%s,%s,%s,%s", f.name(), f.median(), f.min(), f.max(), f.unit()));
    }
    Files.createDirectories(csv.toAbsolutePath().getParent());
    Files.write(csv, lines);
  }
}
