package dev.holdfast.bench;

import static org.assertj.core.api.Assertions.assertThat;

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

  private static String attribute(NodeList nodes, int index, String name) {
    return nodes.item(index).getAttributes().getNamedItem(name).getNodeValue();
  }
}
