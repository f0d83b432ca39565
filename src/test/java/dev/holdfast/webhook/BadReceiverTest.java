package dev.holdfast.webhook;

import static dev.holdfast.contract.Futures.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.WebhookDelivery.Answer;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Receivers that behave as badly as they like. */
@Timeout(60)
class BadReceiverTest extends CallerFixture {

  @Test
  void aLookUpThatNeverEndsIsLeftBehind() {
    HttpCaller caller = caller(host -> Promise.<List<InetAddress>>promise().future());
    assertThat(await(caller.call("https://example.test/", MESSAGE)).error())
        .isEqualTo("there was no answer within 1 s");
  }

  @Test
  void aReceiverThatSaysNothingIsLeftBehind() throws Exception {
    CountDownLatch closed = new CountDownLatch(1);
    int port = rawReceiver(socket -> socket.closeHandler(end -> closed.countDown()));
    assertThat(call("http://127.0.0.1:" + port + "/").error())
        .isEqualTo("there was no answer within 1 s");
    assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aReceiverThatTalksForEverHasSaidEnoughWithItsStatus() throws Exception {
    CountDownLatch closed = new CountDownLatch(1);
    int port =
        receiver(
            request -> {
              request.connection().closeHandler(end -> closed.countDown());
              request.response().setChunked(true);
              talk(request);
            });
    assertThat(call("http://127.0.0.1:" + port + "/").isDelivered()).isTrue();
    assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
  }

  private static void talk(HttpServerRequest request) {
    request.response().write(Buffer.buffer(new byte[8 * 1024])).onSuccess(written -> talk(request));
  }

  @Test
  void aStatusWhoseBodyNeverEndsCounts() {
    int port =
        rawReceiver(
            socket ->
                socket.handler(
                    bytes -> socket.write("HTTP/1.1 202 Fine\r\nContent-Length: 9\r\n\r\nwait")));
    assertThat(call("http://127.0.0.1:" + port + "/")).isEqualTo(Answer.delivered(202));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "HTTP/1.1 20", "this is no HTTP\r\n\r\n", "HTTP/1.1 200 OK\r\nX: \u0000"})
  void aReceiverThatClosesEarlyOrTalksNonsenseHasNotAnswered(String said) {
    int port =
        rawReceiver(
            socket ->
                socket.handler(bytes -> socket.write(said).onComplete(sent -> socket.close())));
    Answer answer = call("http://127.0.0.1:" + port + "/");
    assertThat(answer.isDelivered()).isFalse();
    assertThat(answer.status()).isNull();
    assertThat(answer.error()).matches("the (call broke off|receiver closed the connection.*)");
  }

  @Test
  void headersWithoutEndAreNotRead() {
    int port =
        rawReceiver(
            socket ->
                socket.handler(
                    bytes -> socket.write("HTTP/1.1 200 OK\r\nX: " + "x".repeat(100_000))));
    assertThat(call("http://127.0.0.1:" + port + "/").isDelivered()).isFalse();
  }

  @Test
  void nobodyListensThere() {
    int port = receiver(request -> request.response().end());
    await(vertx.close());
    Vertx other = Vertx.vertx();
    try {
      HttpCaller caller =
          new HttpCaller(
              other,
              new TargetRules(new AddressRules(List.of(Cidr.of("127.0.0.1")))),
              this::lookUp,
              clock,
              new HttpCaller.Limits(CALL_MAX, 4));
      assertThat(await(caller.call("http://127.0.0.1:" + port + "/", MESSAGE)).error())
          .isEqualTo("the receiver does not take connections");
    } finally {
      await(other.close());
    }
  }
}
