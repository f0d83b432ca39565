package dev.holdfast.bench;

import dev.holdfast.bench.Report.Figure;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A table as a picture: a bar for each median, a line across it for the range, figures of one unit
 * on one scale. Written by hand, since Java's libraries for charts draw by way of the desktop's
 * fonts, which machines that measure have not.
 */
final class Plot {

  private static final int WIDTH = 960;
  private static final int MARGIN = 20;
  private static final int ROW = 40;
  private static final int TITLE = 36;
  private static final int UNIT = 30;
  private static final int BAR = 12;

  private Plot() {}

  /** The picture as SVG 1.1. */
  static String svg(String title, List<Figure> figures, String footer) {
    Map<String, List<Figure>> byUnit = new LinkedHashMap<>();
    for (Figure figure : figures) {
      byUnit.computeIfAbsent(figure.unit(), unit -> new ArrayList<>()).add(figure);
    }
    StringBuilder out = new StringBuilder();
    int y = MARGIN + TITLE / 2;
    text(out, MARGIN, y, 18, "bold", title);
    y += TITLE / 2;
    for (Map.Entry<String, List<Figure>> unit : byUnit.entrySet()) {
      y += UNIT;
      text(
          out,
          MARGIN,
          y - 8,
          13,
          "bold",
          unit.getKey().isEmpty() ? "ratio or count" : unit.getKey());
      double most = unit.getValue().stream().mapToDouble(Figure::max).max().orElse(0);
      for (Figure figure : unit.getValue()) {
        row(out, y, figure, most);
        y += ROW;
      }
    }
    y += UNIT;
    text(out, MARGIN, y, 11, "normal", footer);
    y += MARGIN;
    return page(WIDTH, y, out);
  }

  /** A picture of what was drawn, on white. */
  static String page(int width, int height, StringBuilder drawn) {
    return """
        <svg xmlns="http://www.w3.org/2000/svg" width="%1$d" height="%2$d" viewBox="0 0 %1$d %2$d" font-family="sans-serif">
        <rect width="100%%" height="100%%" fill="#ffffff"/>
        %3$s</svg>
        """
        .formatted(width, height, drawn);
  }

  private static void row(StringBuilder out, int y, Figure figure, double most) {
    text(out, MARGIN, y + 12, 12, "normal", figure.name() + ": " + figure.shown());
    int top = y + 18;
    rect(out, top, x(figure.median(), most) - MARGIN);
    if (figure.min() < figure.max()) {
      int middle = top + BAR / 2;
      line(out, x(figure.min(), most), middle, x(figure.max(), most), middle);
      line(out, x(figure.min(), most), top + 2, x(figure.min(), most), top + BAR - 2);
      line(out, x(figure.max(), most), top + 2, x(figure.max(), most), top + BAR - 2);
    }
  }

  /** Where a value is on a scale from 0 to the most; what is below 0 is not drawn. */
  private static double x(double value, double most) {
    return MARGIN + (most <= 0 ? 0 : Math.max(0, value) / most * (WIDTH - 2 * MARGIN));
  }

  private static void rect(StringBuilder out, int top, double width) {
    out.append(
        String.format(
            Locale.ROOT,
            "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"#7aa6d8\"/>%n",
            MARGIN,
            top,
            width,
            BAR));
  }

  static void line(StringBuilder out, double x1, int y1, double x2, int y2) {
    out.append(
        String.format(
            Locale.ROOT,
            "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"#1f3552\""
                + " stroke-width=\"1.5\"/>%n",
            x1,
            y1,
            x2,
            y2));
  }

  static void text(StringBuilder out, int x, int y, int size, String weight, String content) {
    out.append(
        String.format(
            Locale.ROOT,
            "<text x=\"%d\" y=\"%d\" font-size=\"%d\" font-weight=\"%s\" fill=\"#1b1b1b\">%s</text>%n",
            x,
            y,
            size,
            weight,
            content.replace("&", "&amp;").replace("<", "&lt;")));
  }
}
