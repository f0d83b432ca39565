package dev.holdfast.webhook;

import dev.holdfast.job.WebhookDelivery;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;

/** Makes one call. */
interface Caller {

  /**
   * Calls once and within a time limit; never fails, since every end of a call is an answer.
   *
   * @param url as the client named it
   * @param message signed; what is sent is these very bytes
   */
  Future<WebhookDelivery.Answer> call(String url, Message message);

  /**
   * What is sent.
   *
   * @param timestamp of this attempt, in seconds since 1970
   * @param attempt from 1
   */
  record Message(String id, long timestamp, String signatures, Buffer body, int attempt) {}
}
