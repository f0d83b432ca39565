package dev.holdfast.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.bench.Curve.Point;
import dev.holdfast.bench.Curve.Series;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;

class ReportTest {

  @TempDir Path directory;

  private Report report() throws Exception {
    Report report = new Report(directory, Environment.here());
    report.table("one");
    report.add("jobs <fast> & small", List.of(30.0, 10.0, 20.0), "jobs/s");
    report.add("full over bare", List.of(0.9, 0.8), "");
    report.table("two");
    report.add("memory", 100, "MiB");
    report.table("empty");
    report.write();
    return report;
  }

  @Test
  void aTableIsAFileWithMedianRangeAndRounds() throws Exception {
    report();
    assertThat(Files.readAllLines(directory.resolve("one.csv")))
        .containsExactly(
            "figure,median,min,max,unit,rounds",
            "\"jobs <fast> & small\",20.0,10.0,30.0,jobs/s,30.0 10.0 20.0",
            "\"full over bare\",0.8500000000000001,0.8,0.9,,0.9 0.8");
    assertThat(directory.resolve("two.csv")).exists();
    assertThat(directory.resolve("empty.csv")).doesNotExist();
    assertThat(Files.readString(directory.resolve("environment.csv")))
        .contains("processors,", "java,", "commit,", "load average before,");
  }

  @Test
  void aTableIsAPictureWithABarForEachMedianAndALineForEachRange() throws Exception {
    report();
    Document one =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(directory.resolve("one.svg").toFile());
    NodeList bars = one.getElementsByTagName("rect");
    assertThat(bars.getLength()).isEqualTo(1 + 2);
    double width = Double.parseDouble(attribute(bars, 1, "width"));
    assertThat(width).isBetween(612.0, 614.0); // 20 of 30 on 920
    assertThat(one.getElementsByTagName("line").getLength()).isEqualTo(2 * 3);
    assertThat(one.getDocumentElement().getTextContent())
        .contains("jobs <fast> & small: 20.0 jobs/s (10.000 .. 30.0)", "ratio or count", "Java ");
    Document two =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(directory.resolve("two.svg").toFile());
    assertThat(two.getElementsByTagName("line").getLength()).isZero();
  }

  @Test
  void whatWentAlongTimeIsALineASeriesOnOneScaleAUnit() throws Exception {
    Report report = new Report(directory, Environment.here());
    report.table("long");
    report.add("time", 4, "s");
    report.curve(
        List.of(
            new Series("items", "items", List.of(new Point(0, 0), new Point(4, 1_000))),
            new Series("worker", "MiB", List.of(new Point(0, 50), new Point(2, 50))),
            new Series("API", "MiB", List.of(new Point(0, 100), new Point(2, 100)))));
    report.write();
    assertThat(Files.readAllLines(directory.resolve("long-curve.csv")))
        .startsWith("series,unit,seconds,value", "\"items\",items,0.000,0.0")
        .contains("\"API\",MiB,2.000,100.0")
        .hasSize(1 + 6);
    Document curve =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(directory.resolve("long-curve.svg").toFile());
    NodeList lines = curve.getElementsByTagName("polyline");
    assertThat(lines.getLength()).isEqualTo(3);
    // two charts of 220, whose floors are at 316 and 596; the time's end, 4 s, is on the right
    assertThat(attribute(lines, 0, "points")).isEqualTo("20.0,316.0 940.0,96.0");
    assertThat(attribute(lines, 1, "points")).isEqualTo("20.0,486.0 480.0,486.0");
    assertThat(attribute(lines, 2, "points")).isEqualTo("20.0,376.0 480.0,376.0");
    assertThat(curve.getDocumentElement().getTextContent())
        .contains("0 .. 1000 items", "0 .. 100.0 MiB", "0 .. 4.000 s");
  }

  private static String attribute(NodeList nodes, int index, String name) {
    return nodes.item(index).getAttributes().getNamedItem(name).getNodeValue();
  }
}
