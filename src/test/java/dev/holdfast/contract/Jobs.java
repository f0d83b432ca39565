package dev.holdfast.contract;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobSpec;
import dev.holdfast.job.JobState;
import dev.holdfast.job.RowEncoding;
import dev.holdfast.job.WebhookDelivery;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Records to test with. */
public final class Jobs {

  public static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");

  private Jobs() {}

  public static JobSpec spec(String model, Map<String, String> labels) {
    return new JobSpec(model, new JobSpec.Inline("\"hello\"\n", 1), labels, 3, null, null);
  }

  public static Job queued(JobSpec spec, Instant at) {
    return new Job(
        JobId.random(),
        1,
        spec,
        JobState.QUEUED,
        at,
        at,
        null,
        at.plus(Duration.ofMinutes(1)),
        new Job.Progress(0, 0, 1L),
        Job.Checkpoint.START,
        Job.Spent.NOTHING,
        0,
        null,
        List.of(),
        null,
        null,
        null);
  }

  public static Job queued(Instant at) {
    return queued(spec("minilm", Map.of()), at);
  }

  /** The same record one version later. */
  public static Job next(Job job, JobState state, Instant wakeAt, long fence) {
    return new Job(
        job.id(),
        job.version() + 1,
        job.spec(),
        state,
        job.createdAt(),
        job.updatedAt(),
        job.endedAt(),
        wakeAt,
        job.progress(),
        job.checkpoint(),
        job.spent(),
        fence,
        job.lease(),
        job.attempts(),
        job.modelDigest(),
        job.error(),
        job.webhook());
  }

  public static Job next(Job job, JobState state) {
    return next(job, state, job.wakeAt(), job.fence());
  }

  /** A record in which nothing is left out. */
  public static Job full(Instant at) {
    JobSpec spec =
        new JobSpec(
            "minilm",
            new JobSpec.External("file:///in/rows.jsonl", 123_456_789_012L, "r-1"),
            Map.of("team", "search", "näme", "wert \"mit\" | 'allem' \u0001"),
            7,
            at.plusMillis(123),
            "ab".repeat(32),
            "00-" + "1".repeat(32) + "-" + "2".repeat(16) + "-01",
            "https://example.com/hook?a=%C3%A4",
            RowEncoding.BASE64);
    Job.Report report = new Job.Report("inference_failed", "out of memory \uD83D\uDE00");
    return new Job(
        JobId.random(),
        5,
        spec,
        JobState.PROCESSING,
        at.plusMillis(1),
        at.plusMillis(2),
        at.plusMillis(3),
        at.plusMillis(4),
        new Job.Progress(10, 2, null),
        new Job.Checkpoint(8, 4_000_000_000L, 9, 2, 5_000_000_000L, 1),
        new Job.Spent(1, 2, 3),
        Long.MAX_VALUE,
        new Job.Lease("worker-1", JobId.randomToken(), at.plusSeconds(30)),
        List.of(
            new Job.Attempt(
                "worker-0",
                new Job.Place("node-0", "zone-b", true, "g2-standard-8"),
                1,
                at,
                0,
                4,
                at.plusMillis(5),
                Job.Outcome.LOST,
                report,
                at.plusMillis(4),
                7,
                true),
            new Job.Attempt(
                "worker-1",
                Job.Place.UNKNOWN,
                2,
                at.plusMillis(6),
                4,
                8,
                null,
                null,
                null,
                null,
                0,
                false)),
        "cd".repeat(32),
        report,
        new WebhookDelivery(
            4,
            WebhookDelivery.State.PENDING,
            2,
            at.plusMillis(7),
            at.plusMillis(8),
            "token",
            503,
            "the receiver answered 503",
            at.plusMillis(9)));
  }
}
