package dev.holdfast.api;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobState;
import dev.holdfast.job.WebhookDelivery;
import dev.holdfast.job.WorkerRoster.WorkerReport;
import dev.holdfast.live.Forecast;
import dev.holdfast.live.Place;
import dev.holdfast.live.Snapshot;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Records as the client sees them. Lease tokens, fingerprints and where things are stored stay out.
 */
public final class JobJson {

  private static final DateTimeFormatter TIMESTAMP =
      new DateTimeFormatterBuilder().appendInstant(3).toFormatter(Locale.ROOT);

  private JobJson() {}

  static String href(Job job) {
    return "/v1/jobs/" + job.id();
  }

  static String etag(Job job) {
    return "\"" + job.version() + "\"";
  }

  /** What {@code GET} answers. */
  public static JsonObject job(Job job) {
    JsonObject json =
        new JsonObject()
            .put("id", job.id().value())
            .put("state", job.state().wireName())
            .put("version", job.version())
            .put("model", job.spec().model())
            .put("encoding", job.spec().encoding().wireName())
            .put("labels", labels(job.spec().labels()))
            .put("created_at", timestamp(job.createdAt()))
            .put("updated_at", timestamp(job.updatedAt()));
    putIfPresent(json, "ended_at", job.endedAt());
    putIfPresent(json, "deadline", job.spec().deadline());
    JsonObject progress =
        new JsonObject().put("done", job.progress().done()).put("failed", job.progress().failed());
    if (job.progress().total() != null) {
      progress.put("total", job.progress().total());
    }
    JsonArray attempts = new JsonArray();
    job.attempts().forEach(attempt -> attempts.add(attempt(attempt)));
    json.put("progress", progress)
        .put(
            "checkpoint",
            new JsonObject()
                .put("next_item", job.checkpoint().nextItem())
                .put("parts", job.checkpoint().parts()))
        .put("attempts", attempts)
        .put("failures", job.spent().failures())
        .put("failures_max", job.spec().failuresMax())
        .put("interruptions", job.spent().interruptions())
        .put("recomputed_items", job.recomputed());
    Job.Lease lease = job.lease();
    if (lease != null) {
      json.put(
          "lease",
          new JsonObject().put("worker", lease.worker()).put("until", timestamp(lease.until())));
    }
    if (job.state() == JobState.COMPLETE) {
      json.put("result", result(job));
    }
    if (job.error() != null) {
      json.put("error", report(job.error()));
    }
    if (job.spec().webhook() != null) {
      json.put("webhook", webhook(job.spec().webhook(), job.webhook()));
    }
    return json;
  }

  private static JsonObject webhook(String url, @Nullable WebhookDelivery delivery) {
    JsonObject json = new JsonObject().put("url", url);
    if (delivery == null) {
      return json.put("state", "pending").put("attempts", 0);
    }
    json.put("state", delivery.state().name().toLowerCase(Locale.ROOT))
        .put("attempts", delivery.attempts());
    if (delivery.lastStatus() != null) {
      json.put("last_status", delivery.lastStatus());
    }
    if (delivery.lastError() != null) {
      json.put("last_error", delivery.lastError());
    }
    putIfPresent(json, "delivered_at", delivery.deliveredAt());
    putIfPresent(json, "next_at", delivery.nextAt());
    return json;
  }

  /** A job with what its record cannot say. */
  static JsonObject job(Snapshot snapshot, Instant now) {
    JsonObject json = job(snapshot.job());
    Place place = snapshot.place();
    if (place != null) {
      JsonObject queue = new JsonObject().put("position", place.position());
      if (place.estimate() != null) {
        queue.put("estimate_s", place.estimate().toMillis() / 1000.0);
      }
      json.put("queue", queue);
    }
    Forecast.of(snapshot, now).ifPresent(forecast -> json.put("forecast", forecast.wireName()));
    return json;
  }

  private static JsonObject result(Job job) {
    JsonObject json =
        new JsonObject()
            .put("parts", job.checkpoint().parts())
            .put("items", job.checkpoint().nextItem())
            .put("failed", job.checkpoint().failed())
            .put("bytes", job.checkpoint().bytes());
    if (job.modelDigest() != null) {
      json.put("model_digest", job.modelDigest());
    }
    return json.put("href", href(job) + "/result");
  }

  private static JsonObject attempt(Job.Attempt attempt) {
    JsonObject json =
        new JsonObject()
            .put("worker", attempt.worker())
            .put("fence", attempt.fence())
            .put("started_at", timestamp(attempt.started()));
    place(json, attempt.place());
    putIfPresent(json, "ended_at", attempt.ended());
    if (attempt.outcome() != null) {
      json.put("outcome", attempt.outcome().name().toLowerCase(Locale.ROOT));
    }
    json.put("resumed_at_item", attempt.resumedAt())
        .put("reached_item", attempt.reached())
        .put("items_done", attempt.itemsDone());
    if (attempt.looseRows() > 0) {
      json.put("loose_rows", attempt.looseRows());
    }
    if (attempt.error() != null) {
      json.put("error", report(attempt.error()));
    }
    return json;
  }

  /** What is not known is left out. */
  private static void place(JsonObject json, Job.Place place) {
    if (place.node() != null) {
      json.put("node", place.node());
    }
    if (place.zone() != null) {
      json.put("zone", place.zone());
    }
    if (place.spot() != null) {
      json.put("spot", place.spot());
    }
    if (place.machine() != null) {
      json.put("machine", place.machine());
    }
  }

  private static JsonObject report(Job.Report report) {
    return new JsonObject().put("code", report.code()).put("message", report.message());
  }

  static JsonObject worker(WorkerReport worker) {
    JsonObject json =
        new JsonObject()
            .put("id", worker.id())
            .put("host", worker.host())
            .put("pid", worker.pid())
            .put("started_at", timestamp(worker.startedAt()))
            .put("seen_at", timestamp(worker.seenAt()))
            .put("ready", worker.ready());
    place(json, worker.place());
    if (worker.reason() != null) {
      json.put("reason", worker.reason());
    }
    return json.put("models", labels(worker.models()))
        .put("slots", worker.slots())
        .put("in_flight", worker.inFlight())
        .put("items_done", worker.itemsDone())
        .put("batch_items", worker.batchItems());
  }

  private static JsonObject labels(Map<String, String> labels) {
    JsonObject json = new JsonObject();
    labels.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(label -> json.put(label.getKey(), label.getValue()));
    return json;
  }

  private static void putIfPresent(JsonObject json, String name, @Nullable Instant time) {
    if (time != null) {
      json.put(name, timestamp(time));
    }
  }

  static String timestamp(Instant time) {
    return TIMESTAMP.format(time);
  }
}
