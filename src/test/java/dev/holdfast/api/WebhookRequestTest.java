package dev.holdfast.api;

import static dev.holdfast.api.ApiFixture.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobRecords;
import dev.holdfast.job.WebhookDelivery;
import dev.holdfast.job.WebhookLife;
import dev.holdfast.job.Webhooks;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a submission may say of webhooks, and what a job says of its own. */
class WebhookRequestTest {

  private static final String GOOD = "https://example.com/hook";

  @TempDir static Path directory;
  private static ApiFixture api;

  @BeforeAll
  static void start() throws Exception {
    api =
        new ApiFixture(
            directory,
            ApiOptions.Limits.USUAL,
            services ->
                ApiFixture.with(services, services.store(), services.events(), new OnlyGood()));
  }

  @AfterAll
  static void stop() throws Exception {
    api.close();
  }

  private static final class OnlyGood implements Webhooks {
    @Override
    public void check(String url) {
      if (!url.equals(GOOD)) {
        throw JobError.WEBHOOK_REFUSED.because("the webhook's URL is not the good one");
      }
    }

    @Override
    public Future<Boolean> offer(Job job) {
      return Future.succeededFuture(true);
    }
  }

  private static String body(String webhook) {
    return "{\"model\":\"mini\",\"input\":{\"items\":[\"a\"]},\"webhook\":" + webhook + "}";
  }

  private static Job note(Job job, JobRecords.Rule rule) throws Exception {
    return await(api.records.amend(job, rule));
  }

  private static JsonObject shown(Job job) throws Exception {
    return api.get("/v1/jobs/" + job.id()).is(200).json().getJsonObject("webhook");
  }

  @Test
  void aJobShowsHowFarItsClientWasTold() throws Exception {
    Answer answer = api.submit(body("{\"url\":\"" + GOOD + "\"}")).is(202);
    assertThat(answer.json().getJsonObject("webhook"))
        .isEqualTo(new JsonObject().put("url", GOOD).put("state", "pending").put("attempts", 0));

    JobId id = new JobId(answer.json().getString("id"));
    JsonObject ended = api.post("/v1/jobs/" + id + "/cancel", "").is(200).json();
    assertThat(ended.getJsonObject("webhook").getString("next_at"))
        .isEqualTo(ended.getString("ended_at"));

    Job job = await(api.records.update(id, (newest, now) -> null));
    Job taken =
        note(job, (newest, now) -> WebhookLife.taken(newest, "t", Duration.ofMinutes(1), now));
    long end = Objects.requireNonNull(taken.webhook()).end();
    Job tried =
        note(
            taken,
            (newest, now) ->
                WebhookLife.answered(
                    newest,
                    end,
                    "t",
                    new WebhookDelivery.Answer(503, "the receiver answered 503", false, 0),
                    0,
                    now));
    assertThat(shown(tried).getString("state")).isEqualTo("pending");
    assertThat(shown(tried).getInteger("attempts")).isEqualTo(1);
    assertThat(shown(tried).getInteger("last_status")).isEqualTo(503);
    assertThat(shown(tried).getString("last_error")).isEqualTo("the receiver answered 503");
    assertThat(JobJson.job(WebhookLife.atEnd(tried)))
        .as("what is sent is what was shown at the end")
        .isEqualTo(ended);

    Job told =
        note(
            tried,
            (newest, now) ->
                WebhookLife.answered(
                    newest, end, "other", WebhookDelivery.Answer.delivered(200), 0, now));
    assertThat(shown(told).getString("state")).isEqualTo("delivered");
    assertThat(shown(told).containsKey("delivered_at")).isTrue();
    assertThat(shown(told).containsKey("token")).isFalse();
    assertThat(shown(told).containsKey("next_at")).isFalse();
    assertThat(shown(told).containsKey("last_error")).isFalse();
  }

  @Test
  void aUrlThatMustNotBeCalledIsRefusedAtItsPlace() throws Exception {
    Answer answer = api.submit(body("{\"url\":\"https://bad.example/\"}"));
    answer.isProblem(422, JobError.WEBHOOK_REFUSED, "not the good one");
    assertThat(answer.json().getJsonArray("errors").getJsonObject(0).getString("pointer"))
        .isEqualTo("/webhook/url");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "null | must be an object",
        "\"https://example.com\" | must be an object",
        "{} | must have 'url'",
        "{\"url\":7} | must be a string",
        "{\"url\":\"\"} | 1 to 2048 characters",
        "{\"url\":\"https://example.com/hook\",\"secret\":\"x\"} | not a known property"
      })
  void whatBreaksTheContractIsRefused(String webhook, String said) throws Exception {
    api.submit(body(webhook)).isProblem(400, JobError.INVALID_REQUEST, said);
  }

  @Test
  void aServerThatSendsNoneSaysSo(@TempDir Path own) throws Exception {
    ApiFixture off = new ApiFixture(own);
    try {
      off.submit(body("{\"url\":\"" + GOOD + "\"}"))
          .isProblem(422, JobError.WEBHOOK_REFUSED, "sends no webhooks");
    } finally {
      off.close();
    }
  }
}
