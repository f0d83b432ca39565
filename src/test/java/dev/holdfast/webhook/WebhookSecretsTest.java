package dev.holdfast.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.standardwebhooks.Webhook;
import com.standardwebhooks.exceptions.WebhookVerificationException;
import io.vertx.core.buffer.Buffer;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is signed here, verified by the specification's own library. */
class WebhookSecretsTest {

  private static final String OLD = secret("a secret that was good once");
  private static final String NEW = secret("and the one that came after it");
  private static final String STRANGE = secret("one that nobody was given ever");

  private static String secret(String text) {
    return "whsec_" + Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static WebhookSecrets secrets(String text) {
    return WebhookSecrets.parse(text).orElseThrow();
  }

  private static HttpHeaders headers(String id, long timestamp, String signatures) {
    return HttpHeaders.of(
        Map.of(
            "webhook-id", List.of(id),
            "webhook-timestamp", List.of(Long.toString(timestamp)),
            "webhook-signature", List.of(signatures)),
        (name, value) -> true);
  }

  /** The library refuses timestamps that are not of these minutes. */
  private static long now() {
    return new dev.holdfast.SystemClock().instant().getEpochSecond();
  }

  private static void verify(String secret, String body, HttpHeaders headers)
      throws WebhookVerificationException {
    new Webhook(secret.substring("whsec_".length())).verify(body, headers);
  }

  @Test
  void theLibraryVerifiesWhatIsSigned() throws Exception {
    String body = "{\"type\":\"job.complete\",\"data\":{\"näme\":\"wert \\uD83D\\uDE00\"}}";
    long at = now();
    String signatures = secrets(NEW).signatures("job_1-7", at, Buffer.buffer(body));
    verify(NEW, body, headers("job_1-7", at, signatures));
  }

  @Test
  void thePublishedVectorOfTheSpecificationsLibrariesComesOut() {
    assertThat(
            secrets("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
                .signatures(
                    "msg_p5jXN8AQM9LWM0D4loKWxJek",
                    1_614_265_330,
                    Buffer.buffer("{\"test\": 2432232314}")))
        .isEqualTo("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  }

  @Test
  void whileSecretsChangeEitherVerifiesAndNoOther() throws Exception {
    long at = now();
    String signatures = secrets(NEW + ", " + OLD).signatures("id", at, Buffer.buffer("{}"));
    assertThat(signatures.split(" ")).hasSize(2);
    verify(NEW, "{}", headers("id", at, signatures));
    verify(OLD, "{}", headers("id", at, signatures));
    assertThatThrownBy(() -> verify(STRANGE, "{}", headers("id", at, signatures)))
        .isInstanceOf(WebhookVerificationException.class);
  }

  @Test
  void anythingThatIsChangedOnTheWayIsNoticed() {
    long at = now();
    String signatures = secrets(NEW).signatures("id", at, Buffer.buffer("{}"));
    List<HttpHeaders> changed =
        List.of(headers("other", at, signatures), headers("id", at + 1, signatures));
    for (HttpHeaders headers : changed) {
      assertThatThrownBy(() -> verify(NEW, "{}", headers))
          .isInstanceOf(WebhookVerificationException.class);
    }
    assertThatThrownBy(() -> verify(NEW, "{ }", headers("id", at, signatures)))
        .isInstanceOf(WebhookVerificationException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "secret",
        "whsec_",
        "whsec_not base 64 at all!!",
        "whsec_c2hvcnQ=",
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw,",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw,whsec_c2hvcnQ=",
        "whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
      })
  void whatIsNoSecretIsRefused(String text) {
    assertThat(WebhookSecrets.parse(text)).isEmpty();
  }

  @Test
  void boundsAreInsideAndNothingIsShown() {
    assertThat(WebhookSecrets.parse(secret("x".repeat(64)))).isPresent();
    assertThat(WebhookSecrets.parse(secret("x".repeat(65)))).isEmpty();
    assertThat(WebhookSecrets.parse(secret("x".repeat(24)))).isPresent();
    assertThat(WebhookSecrets.parse(secret("x".repeat(23)))).isEmpty();
    assertThat(WebhookSecrets.parse(String.join(",", List.of(OLD, NEW, OLD, NEW, OLD)))).isEmpty();
    assertThat(new WebhookOptions(secrets(NEW), List.of()).toString())
        .contains("1 secrets")
        .doesNotContain(NEW.substring(6, 20));
  }
}
