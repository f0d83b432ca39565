package dev.holdfast.worker;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobLife;
import dev.holdfast.job.JobSpec;
import dev.holdfast.job.RowEncoding;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** Lines about jobs say which, for whoever searches many workers' logs. */
class JobLogTest {

  @Test
  void jobFenceAndTraceGoWithTheLineAndNoFurther() {
    String traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    JobSpec spec =
        new JobSpec(
            "m",
            new JobSpec.Inline("\"a\"\n", 1),
            Map.of(),
            3,
            null,
            null,
            traceparent,
            null,
            RowEncoding.JSON);
    Job job = JobLife.created(JobId.random(), spec, Instant.EPOCH);
    Logger logger = (Logger) LoggerFactory.getLogger(JobRunner.class);
    ListAppender<ILoggingEvent> lines = new ListAppender<>();
    lines.start();
    logger.addAppender(lines);
    try {
      JobLog.failedForGood(job, "because");
    } finally {
      logger.detachAppender(lines);
    }
    assertThat(lines.list).hasSize(1);
    assertThat(lines.list.get(0).getFormattedMessage()).contains("because");
    assertThat(lines.list.get(0).getMDCPropertyMap())
        .isEqualTo(
            Map.of(
                "job",
                job.id().value(),
                "fence",
                "0",
                "trace",
                "0af7651916cd43dd8448eb211c80319c"));
    assertThat(MDC.get("job")).isNull();
  }
}
