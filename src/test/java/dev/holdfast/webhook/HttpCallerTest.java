package dev.holdfast.webhook;

import static dev.holdfast.contract.Futures.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.WebhookDelivery.Answer;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Real calls over the loopback. */
@Timeout(60)
class HttpCallerTest extends CallerFixture {

  @Test
  void whatIsSentIsTheMessageUnderTheNameToTheAddressThatWasFound() throws Exception {
    Promise<Buffer> body = Promise.promise();
    int port =
        receiver(
            request ->
                request
                    .body()
                    .onComplete(
                        read -> {
                          body.handle(read);
                          request.response().setStatusCode(204).end();
                        }));
    found.add(addresses("127.0.0.1"));
    Answer answer = call("http://hooks.example.test.:" + port + "/a/b?c=d%20e");

    assertThat(answer).isEqualTo(Answer.delivered(204));
    HttpServerRequest request = heard.poll(10, TimeUnit.SECONDS);
    assertThat(request).isNotNull();
    assertThat(request.method().name()).isEqualTo("POST");
    assertThat(request.uri()).isEqualTo("/a/b?c=d%20e");
    assertThat(request.getHeader("Host")).isEqualTo("hooks.example.test:" + port);
    assertThat(request.getHeader("Content-Type")).isEqualTo("application/json");
    assertThat(request.getHeader("webhook-id")).isEqualTo("job_1-2");
    assertThat(request.getHeader("webhook-timestamp")).isEqualTo("1700000000");
    assertThat(request.getHeader("webhook-signature")).isEqualTo("v1,abc v1,def");
    assertThat(await(body.future())).isEqualTo(MESSAGE.body());
  }

  @ParameterizedTest
  @CsvSource({
    "200, true, false",
    "299, true, false",
    "301, false, false",
    "400, false, false",
    "404, false, false",
    "410, false, true",
    "429, false, false",
    "500, false, false",
    "503, false, false"
  })
  void onlyTwoHundredsAreDeliveredAndOnlyGoneIsTheLastWord(
      int status, boolean delivered, boolean last) {
    int port = receiver(request -> request.response().setStatusCode(status).end("so be it"));
    Answer answer = call("http://127.0.0.1:" + port + "/");
    assertThat(answer.status()).isEqualTo(status);
    assertThat(answer.isDelivered()).isEqualTo(delivered);
    assertThat(answer.last()).isEqualTo(last);
  }

  @ParameterizedTest
  @CsvSource({
    "120, 120",
    "0, 0",
    "99999999999999999999, 3600",
    "-5, 0",
    "soon, 0",
    "'Wed, 21 Oct 2015 07:28:00 GMT', 0",
    "'Wed, 21 Oct 2099 07:28:00 GMT', 3600"
  })
  void howLongTheReceiverWantsToBeLeftAloneIsReadAndBounded(String sent, long seconds) {
    int port =
        receiver(
            request -> request.response().setStatusCode(503).putHeader("Retry-After", sent).end());
    assertThat(call("http://127.0.0.1:" + port + "/").retryAfterS()).isEqualTo(seconds);
  }

  @Test
  void aRedirectIsNotFollowed() {
    AtomicInteger inside = new AtomicInteger();
    int secret = rawReceiver(socket -> inside.incrementAndGet());
    int port =
        receiver(
            request ->
                request
                    .response()
                    .setStatusCode(307)
                    .putHeader("Location", "http://127.0.0.1:" + secret + "/")
                    .end());
    Answer answer = call("http://127.0.0.1:" + port + "/");
    assertThat(answer.status()).isEqualTo(307);
    assertThat(answer.error()).contains("redirects are not followed");
    assertThat(inside).hasValue(0);
  }

  @Test
  void aNameThatTurnsPrivateBetweenTwoCallsIsNotCalledTheSecondTime() {
    int port = receiver(request -> request.response().end());
    found.add(addresses("127.0.0.1"));
    found.add(addresses("10.0.0.1"));
    String url = "http://rebinding.example.test:" + port + "/";
    assertThat(call(url).isDelivered()).isTrue();
    assertThat(lookUps).as("what was judged is what was called").hasValue(1);
    assertThat(call(url).error()).isEqualTo("the host's address is private, which is not called");
    assertThat(heard).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.0.0.1", "169.254.169.254", "::1", "fe80::1", "fd00:ec2::254"})
  void aNameWithOneAddressInsideIsNotCalledAtAll(String inside) {
    int port = receiver(request -> request.response().end());
    found.add(addresses("127.0.0.1", inside));
    Answer answer = call("http://mixed.example.test:" + port + "/");
    assertThat(answer.error()).contains("which is not called").doesNotContain(inside);
    assertThat(heard).isEmpty();
  }

  @Test
  void withoutTheOperatorsLeaveTheMachineItselfIsNotCalled() {
    int port = receiver(request -> request.response().end());
    found.add(addresses("127.0.0.1"));
    HttpCaller strict = caller(this::lookUp);
    for (String host : List.of("inside.example.test", "127.0.0.1")) {
      assertThat(await(strict.call("https://" + host + ":" + port + "/", MESSAGE)).error())
          .contains("of the machine itself");
    }
    assertThat(heard).isEmpty();
  }

  @Test
  void anAddressThatCannotBeReachedCostsOneAttempt() {
    int port = receiver(request -> request.response().end());
    found.add(addresses("127.0.0.1", "127.0.0.3"));
    HttpCaller caller = caller(this::lookUp, "127.0.0.0/8");
    String url = "http://two.example.test:" + port + "/";
    assertThat(await(caller.call(url, attempt(2))).error()).contains("does not take connections");
    assertThat(await(caller.call(url, attempt(3))).isDelivered()).isTrue();
  }

  private static Caller.Message attempt(int number) {
    return new Caller.Message("id", 1, "v1,x", Buffer.buffer("{}"), number);
  }

  @Test
  void aNameThatNobodyKnowsIsSaid() {
    assertThat(call("http://nowhere.example.test:8080/").error()).contains("no address");
  }
}
