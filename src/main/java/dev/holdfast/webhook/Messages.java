package dev.holdfast.webhook;

import dev.holdfast.job.Job;
import dev.holdfast.job.WebhookLife;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.function.Function;

/**
 * What is sent when a job has ended: type, timestamp and data, as Standard Webhooks recommends.
 * Every attempt sends the same bytes under the same id; only its own timestamp and signatures
 * differ.
 */
final class Messages {

  private final WebhookSecrets secrets;
  private final Function<Job, JsonObject> told;

  /**
   * @param told a job as the client knows it
   */
  Messages(WebhookSecrets secrets, Function<Job, JsonObject> told) {
    this.secrets = secrets;
    this.told = told;
  }

  Caller.Message message(Job job, int attempt, Instant now) {
    JsonObject data = told.apply(WebhookLife.atEnd(job));
    Buffer body =
        new JsonObject()
            .put("type", "job." + job.state().wireName())
            .put("timestamp", data.getString("ended_at"))
            .put("data", data)
            .toBuffer();
    String id = WebhookLife.messageId(job);
    long timestamp = now.getEpochSecond();
    return new Caller.Message(
        id, timestamp, secrets.signatures(id, timestamp, body), body, attempt);
  }
}
