package dev.holdfast.gcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Duration;
import com.google.pubsub.v1.DeleteSubscriptionRequest;
import com.google.pubsub.v1.ExpirationPolicy;
import com.google.pubsub.v1.RetryPolicy;
import com.google.pubsub.v1.Subscription;
import com.google.pubsub.v1.Topic;
import dev.holdfast.gcp.GcpSetup.Finding;
import dev.holdfast.gcp.GcpSetup.Level;
import dev.holdfast.world.GoogleEmulators;
import dev.holdfast.world.OnEmulators;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@OnEmulators
class GcpSetupTest {

  private final PubSubLayout layout = PubSubLayout.read();
  private GcpOptions options;
  private PubSubClients clients;
  private PubSubSetup setup;

  @BeforeEach
  void open() throws IOException {
    options = GoogleEmulators.fresh();
    clients = PubSubClients.open(options, List.of());
    setup = new PubSubSetup(clients, layout);
  }

  @AfterEach
  void close() {
    clients.close();
  }

  @Test
  void makesEverythingOnceAndFindsNothingWrongAfterwards() {
    assertThat(setup.check()).extracting(Finding::level).containsOnly(Level.PROBLEM);
    assertThat(setup.check()).extracting(Finding::todo).allMatch(todo -> todo.contains("gcp init"));
    assertThat(setup.init()).extracting(Finding::what).allMatch(what -> what.endsWith(": made"));
    assertThat(setup.check()).extracting(Finding::level).containsOnly(Level.OK);
    assertThat(setup.init()).extracting(Finding::what).noneMatch(what -> what.contains(": "));
  }

  @Test
  void saysWhatCannotBeCheckedOnEmulators() throws IOException {
    try (GcpSetup whole = GcpSetup.open(options)) {
      whole.init();
      List<Finding> findings = whole.check();
      assertThat(findings)
          .filteredOn(finding -> finding.what().startsWith("dead-letter permissions"))
          .extracting(Finding::level)
          .containsExactly(Level.UNKNOWN);
      assertThat(findings)
          .filteredOn(finding -> finding.what().startsWith("Firestore"))
          .extracting(Finding::level)
          .containsExactly(Level.OK);
      assertThat(findings)
          .filteredOn(finding -> finding.what().contains("bucket " + options.bucket()))
          .hasSize(1);
    }
  }

  private Subscription jobs() {
    return SubscriptionSettings.asked(clients, layout.subscriptions().jobs());
  }

  private void plant(UnaryOperator<Subscription.Builder> change) {
    setup.init();
    clients
        .subscriber()
        .deleteSubscriptionCallable()
        .call(DeleteSubscriptionRequest.newBuilder().setSubscription(jobs().getName()).build());
    clients
        .subscriber()
        .createSubscriptionCallable()
        .call(change.apply(jobs().toBuilder()).build());
  }

  private void assertFoundAndRepaired(String words) {
    assertThat(setup.check())
        .filteredOn(finding -> finding.level() == Level.PROBLEM)
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.what()).contains(words);
              assertThat(finding.todo()).contains("./holdfast gcp init");
            });
    assertThat(setup.init()).extracting(Finding::level).containsOnly(Level.OK);
    assertThat(setup.check()).extracting(Finding::level).containsOnly(Level.OK);
  }

  @Test
  void aWrongAckDeadlineIsRepaired() {
    plant(jobs -> jobs.setAckDeadlineSeconds(60));
    assertFoundAndRepaired("ack deadline is 60 s and must be 30 s");
  }

  @Test
  void aShortRetentionIsRepaired() {
    plant(jobs -> jobs.setMessageRetentionDuration(Duration.newBuilder().setSeconds(1_200)));
    assertFoundAndRepaired("retention is 1200 s and must be 604800 s");
  }

  @Test
  void anExpirationIsFoundAndRepairedOrTold() {
    plant(
        jobs ->
            jobs.setExpirationPolicy(
                ExpirationPolicy.newBuilder()
                    .setTtl(Duration.newBuilder().setSeconds(8 * 86_400))));
    String words = "expiration is 691200 s and must be never";
    assertThat(setup.check())
        .filteredOn(finding -> finding.level() == Level.PROBLEM)
        .singleElement()
        .satisfies(finding -> assertThat(finding.what()).contains(words));
    // emulator 0.8.20 keeps an expiration whatever an update says
    assertThat(setup.init())
        .filteredOn(finding -> finding.level() == Level.PROBLEM)
        .extracting(Finding::line)
        .singleElement()
        .asString()
        .contains(words, "by hand");
  }

  @Test
  void aMissingDeadLetterPolicyIsRepaired() {
    plant(Subscription.Builder::clearDeadLetterPolicy);
    assertFoundAndRepaired("dead-letter policy is none and must be");
  }

  @Test
  void aRetryPolicyIsTakenAway() {
    plant(
        jobs ->
            jobs.setRetryPolicy(
                RetryPolicy.newBuilder()
                    .setMinimumBackoff(Duration.newBuilder().setSeconds(10))
                    .setMaximumBackoff(Duration.newBuilder().setSeconds(600))));
    assertFoundAndRepaired("retry policy is a back-off and must be none");
  }

  @Test
  void exactlyOnceDeliveryIsSwitchedOff() {
    plant(jobs -> jobs.setEnableExactlyOnceDelivery(true));
    assertFoundAndRepaired("exactly-once delivery is on and must be off");
  }

  @Test
  void whatCannotBeChangedIsToldWithTheWayOut() {
    clients
        .publisher()
        .createTopicCallable()
        .call(Topic.newBuilder().setName(clients.topic("other")).build());
    plant(jobs -> jobs.setTopic(clients.topic("other")).setEnableMessageOrdering(true));
    for (List<Finding> findings : List.of(setup.check(), setup.init())) {
      assertThat(findings)
          .filteredOn(finding -> finding.level() == Level.PROBLEM)
          .singleElement()
          .satisfies(
              finding -> {
                assertThat(finding.what()).contains("topic is", "message ordering is on");
                assertThat(finding.todo())
                    .contains("gcloud pubsub subscriptions delete holdfast-jobs-worker");
              });
    }
  }

  @Test
  void aChangeThatIsNotOursIsLeftAlone() {
    plant(jobs -> jobs.putLabels("team", "search"));
    assertThat(setup.check()).extracting(Finding::level).containsOnly(Level.OK);
    assertThat(setup.init()).extracting(Finding::what).noneMatch(what -> what.contains(": "));
  }

  @Test
  void aLayoutThatIsNotLawfulIsRefused() throws IOException {
    String lawful;
    try (var file = PubSubLayout.class.getResourceAsStream("pubsub.json")) {
      assertThat(file).isNotNull();
      lawful = new String(file.readAllBytes(), StandardCharsets.UTF_8);
    }
    assertThat(read(lawful)).isEqualTo(layout);
    for (List<String> change :
        List.of(
            List.of("\"ack_deadline_seconds\": 30", "\"ack_deadline_seconds\": 5"),
            List.of("\"max_delivery_attempts\": 100", "\"max_delivery_attempts\": 101"),
            List.of("604800", "60"),
            List.of("\"expires_after_seconds\": 86400", "\"expires_after_seconds\": 60"),
            List.of("\"name\": \"holdfast-jobs-worker\"", "\"name\": \"a b\""),
            List.of("\"topic\": \"holdfast-events\"", "\"topic\": \"other\""),
            List.of("\"ack_deadline_seconds\": 30", "\"ack_deadline\": 30"))) {
      String broken = lawful.replace(change.get(0), change.get(1));
      assertThat(broken).isNotEqualTo(lawful);
      assertThatThrownBy(() -> read(broken)).as("%s", change).isInstanceOf(IOException.class);
    }
  }

  private static PubSubLayout read(String text) throws IOException {
    return PubSubLayout.read(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
  }
}
