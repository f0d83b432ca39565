package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.MDC;

/** What the program's own logback.xml makes of a record. */
class JsonLogTest {

  private interface Said {
    void by(Logger log);
  }

  /** What is written to the standard error. */
  private static List<String> lines(Map<String, String> settings, Said said) throws Exception {
    PrintStream before = System.err;
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    LoggerContext context = new LoggerContext();
    context.setMDCAdapter(MDC.getMDCAdapter());
    settings.forEach(context::putProperty);
    try (PrintStream err = new PrintStream(written, true, StandardCharsets.UTF_8)) {
      System.setErr(err);
      JoranConfigurator configurator = new JoranConfigurator();
      configurator.setContext(context);
      configurator.doConfigure(Path.of("src/main/resources/logback.xml").toFile());
      said.by(context.getLogger("dev.holdfast.worker.JobRunner"));
    } finally {
      System.setErr(before);
      context.stop();
    }
    return written.toString(StandardCharsets.UTF_8).lines().toList();
  }

  private static JsonObject json(Said said) throws Exception {
    List<String> lines =
        lines(Map.of("HOLDFAST_LOG_FORMAT", "json", "HOLDFAST_GCP_PROJECT", "my-project"), said);
    assertThat(lines).hasSize(1);
    return new JsonObject(lines.get(0));
  }

  @Test
  void textIsTheDefault() throws Exception {
    assertThat(lines(Map.of(), log -> log.warn("hello {}", 1)))
        .singleElement()
        .asString()
        .matches("\\d\\d:\\d\\d:\\d\\d\\.\\d{3} WARN  JobRunner: hello 1");
  }

  @Test
  void aRecordHasTheFieldsThatCloudLoggingReads() throws Exception {
    JsonObject record = json(log -> log.warn("hello \"{}\"\nand more", 1));
    assertThat(record.getString("severity")).isEqualTo("WARNING");
    assertThat(record.getString("message")).isEqualToIgnoringNewLines("hello \"1\"\nand more");
    assertThat(Instant.parse(record.getString("time"))).isAfter(Instant.EPOCH);
    assertThat(record.getString("logger")).isEqualTo("dev.holdfast.worker.JobRunner");
    assertThat(record.containsKey("logging.googleapis.com/trace")).isFalse();
    assertThat(record.containsKey("logging.googleapis.com/labels")).isFalse();
  }

  @Test
  void severitiesAreThoseOfCloudLogging() throws Exception {
    assertThat(json(log -> log.info("x")).getString("severity")).isEqualTo("INFO");
    assertThat(json(log -> log.error("x")).getString("severity")).isEqualTo("ERROR");
  }

  @Test
  void jobFenceAndTraceAreWhereCloudLoggingLooksForThem() throws Exception {
    JsonObject record =
        json(
            log -> {
              MDC.put("job", "job_1");
              MDC.put("fence", "3");
              MDC.put("trace", "ab".repeat(16));
              log.info("x");
              MDC.clear();
            });
    assertThat(record.getString("logging.googleapis.com/trace"))
        .isEqualTo("projects/my-project/traces/" + "ab".repeat(16));
    assertThat(record.getJsonObject("logging.googleapis.com/labels"))
        .isEqualTo(new JsonObject().put("job", "job_1").put("fence", "3"));
  }

  @Test
  void anExceptionIsPartOfItsRecord() throws Exception {
    JsonObject record = json(log -> log.error("broken", new IllegalStateException("why")));
    assertThat(record.getString("message"))
        .contains("broken")
        .contains("java.lang.IllegalStateException: why")
        .contains("at dev.holdfast.JsonLogTest");
  }
}
