package dev.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.contract.Jobs;
import dev.holdfast.job.Job;
import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.Test;

/** What a client is told of a job's attempts. */
class JobJsonTest {

  @Test
  void anAttemptSaysWhereItWasHowItEndedAndWhatItDid() {
    Job job = Jobs.full(Jobs.NOON);
    JsonObject first = JobJson.job(job).getJsonArray("attempts").getJsonObject(0);
    first.remove("error");

    assertThat(first)
        .isEqualTo(
            new JsonObject()
                .put("worker", "worker-0")
                .put("node", "node-0")
                .put("zone", "zone-b")
                .put("spot", true)
                .put("machine", "g2-standard-8")
                .put("fence", 1L)
                .put("started_at", "2026-03-01T12:00:00.000Z")
                .put("ended_at", "2026-03-01T12:00:00.005Z")
                .put("outcome", "lost")
                .put("resumed_at_item", 0L)
                .put("reached_item", 4L)
                .put("items_done", 4L)
                .put("loose_rows", 7L));
  }

  @Test
  void whatIsNotKnownIsLeftOut() {
    JsonObject second = JobJson.job(Jobs.full(Jobs.NOON)).getJsonArray("attempts").getJsonObject(1);

    assertThat(second.fieldNames())
        .doesNotContain("node", "zone", "spot", "ended_at", "outcome", "error", "loose_rows");
  }
}
