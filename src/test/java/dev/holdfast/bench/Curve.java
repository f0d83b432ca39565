package dev.holdfast.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** How figures went as time went, as a picture: a chart for each unit, all on one scale of time. */
final class Curve {

  /** One value, so many seconds after the beginning. */
  record Point(double seconds, double value) {}

  /** What is drawn as one line. */
  record Series(String name, String unit, List<Point> points) {
    Series {
      points = List.copyOf(points);
    }

    private double most() {
      return points.stream().mapToDouble(Point::value).max().orElse(0);
    }

    private double end() {
      return points.stream().mapToDouble(Point::seconds).max().orElse(0);
    }
  }

  private static final int WIDTH = 960;
  private static final int MARGIN = 20;
  private static final int TITLE = 36;
  private static final int CHART = 220;
  private static final int LEGEND = 40;
  private static final List<String> COLOURS = List.of("#1f5fa8", "#c2571a", "#3c8a3f", "#7b4fa0");

  private Curve() {}

  /** One line a point. */
  static List<String> csv(List<Series> all) {
    List<String> lines = new ArrayList<>();
    lines.add("series,unit,seconds,value");
    for (Series one : all) {
      for (Point point : one.points()) {
        lines.add(
            String.format(
                Locale.ROOT,
                "\"%s\",%s,%.3f,%s",
                one.name(),
                one.unit(),
                point.seconds(),
                point.value()));
      }
    }
    return lines;
  }

  /** The picture as SVG 1.1. */
  static String svg(String title, List<Series> all, String footer) {
    Map<String, List<Series>> byUnit =
        all.stream()
            .collect(Collectors.groupingBy(Series::unit, LinkedHashMap::new, Collectors.toList()));
    double end = all.stream().mapToDouble(Series::end).max().orElse(0);
    StringBuilder out = new StringBuilder();
    int y = MARGIN + TITLE / 2;
    Plot.text(out, MARGIN, y, 18, "bold", title);
    y += TITLE / 2;
    for (Map.Entry<String, List<Series>> unit : byUnit.entrySet()) {
      chart(out, y, unit.getKey(), unit.getValue(), end);
      y += LEGEND + CHART + MARGIN;
    }
    Plot.text(out, MARGIN, y, 12, "normal", "0 .. %s s".formatted(Report.shown(end)));
    y += MARGIN;
    Plot.text(out, MARGIN, y, 11, "normal", footer);
    return Plot.page(WIDTH, y + MARGIN, out);
  }

  private static void chart(StringBuilder out, int top, String unit, List<Series> all, double end) {
    double most = all.stream().mapToDouble(Series::most).max().orElse(0);
    Plot.text(out, MARGIN, top + 14, 13, "bold", "0 .. %s %s".formatted(Report.shown(most), unit));
    int floor = top + LEGEND + CHART;
    Plot.line(out, MARGIN, floor, WIDTH - MARGIN, floor);
    Plot.line(out, MARGIN, floor, MARGIN, floor - CHART);
    int column = (WIDTH - 2 * MARGIN) / COLOURS.size();
    for (int i = 0; i < all.size(); i++) {
      String colour = COLOURS.get(i % COLOURS.size());
      out.append(
          String.format(
              Locale.ROOT,
              "<text x=\"%d\" y=\"%d\" font-size=\"12\" fill=\"%s\">%s</text>%n",
              MARGIN + i * column,
              top + 32,
              colour,
              all.get(i).name()));
      String points =
          all.get(i).points().stream()
              .map(
                  p ->
                      String.format(
                          Locale.ROOT,
                          "%.1f,%.1f",
                          MARGIN + share(p.seconds(), end) * (WIDTH - 2 * MARGIN),
                          floor - share(p.value(), most) * CHART))
              .collect(Collectors.joining(" "));
      out.append(
          String.format(
              Locale.ROOT,
              "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>%n",
              points,
              colour));
    }
  }

  private static double share(double value, double most) {
    return most <= 0 ? 0 : value / most;
  }
}
