package dev.holdfast.gcp;

import com.google.api.gax.rpc.ApiException;
import com.google.api.gax.rpc.StatusCode.Code;
import com.google.protobuf.FieldMask;
import com.google.pubsub.v1.GetSubscriptionRequest;
import com.google.pubsub.v1.GetTopicRequest;
import com.google.pubsub.v1.Subscription;
import com.google.pubsub.v1.Topic;
import com.google.pubsub.v1.UpdateSubscriptionRequest;
import dev.holdfast.gcp.CallFailure.Role;
import dev.holdfast.gcp.GcpSetup.Finding;
import dev.holdfast.gcp.SubscriptionSettings.Difference;
import java.util.ArrayList;
import java.util.List;

/** Makes and checks the topics and the subscriptions of the layout. Blocks. */
final class PubSubSetup {

  private static final String INIT = "Run ./holdfast gcp init";

  private final PubSubClients clients;
  private final PubSubLayout layout;

  PubSubSetup(PubSubClients clients, PubSubLayout layout) {
    this.clients = clients;
    this.layout = layout;
  }

  /** Makes what is missing and repairs what can be. */
  List<Finding> init() {
    List<Finding> findings = new ArrayList<>();
    for (String topic : topics()) {
      findings.add(guarded("make the topic " + topic, () -> make(topic)));
    }
    for (PubSubLayout.Subscription subscription : subscriptions()) {
      findings.add(
          guarded("make the subscription " + subscription.name(), () -> make(subscription)));
    }
    return findings;
  }

  /** Says what is missing or mis-set; changes nothing. */
  List<Finding> check() {
    List<Finding> findings = new ArrayList<>();
    for (String topic : topics()) {
      findings.add(guarded("read the topic " + topic, () -> check(topic)));
    }
    for (PubSubLayout.Subscription subscription : subscriptions()) {
      findings.add(
          guarded("read the subscription " + subscription.name(), () -> check(subscription)));
    }
    return findings;
  }

  private List<String> topics() {
    return List.of(layout.topics().jobs(), layout.topics().dead(), layout.topics().events());
  }

  private List<PubSubLayout.Subscription> subscriptions() {
    return List.of(layout.subscriptions().jobs(), layout.subscriptions().dead());
  }

  private interface Step {
    Finding find();
  }

  private static Finding guarded(String what, Step step) {
    try {
      return step.find();
    } catch (ApiException e) {
      return Finding.problem(
          CallFailure.words(what, Role.EDITOR, e), "Mend that and run this again.");
    }
  }

  private Finding make(String topic) {
    try {
      clients
          .publisher()
          .createTopicCallable()
          .call(Topic.newBuilder().setName(clients.topic(topic)).build());
      return Finding.ok("topic " + topic + ": made");
    } catch (ApiException e) {
      if (e.getStatusCode().getCode() == Code.ALREADY_EXISTS) {
        return Finding.ok("topic " + topic);
      }
      throw e;
    }
  }

  private Finding make(PubSubLayout.Subscription subscription) {
    Subscription asked = SubscriptionSettings.asked(clients, subscription);
    try {
      clients.subscriber().createSubscriptionCallable().call(asked);
      return Finding.ok("subscription " + subscription.name() + ": made");
    } catch (ApiException e) {
      if (e.getStatusCode().getCode() != Code.ALREADY_EXISTS) {
        throw e;
      }
    }
    List<Difference> repairable =
        SubscriptionSettings.differences(read(subscription), asked).stream()
            .filter(difference -> difference.setting().changes())
            .toList();
    repairable.forEach(difference -> repair(asked, difference.setting()));
    Finding finding = check(subscription);
    if (repairable.isEmpty()) {
      return finding;
    }
    return finding.level() == GcpSetup.Level.OK
        ? Finding.ok(finding.what() + ": repaired; " + words(repairable))
        : Finding.problem(
            finding.what(),
            "Pub/Sub did not take all of the change. Make it by hand with gcloud pubsub"
                + " subscriptions update %s, or delete it there and run ./holdfast gcp init."
                    .formatted(subscription.name()));
  }

  /** One field at a time, so that one that is refused stops no other; a check follows. */
  private void repair(Subscription asked, SubscriptionSettings.Setting setting) {
    try {
      clients
          .subscriber()
          .updateSubscriptionCallable()
          .call(
              UpdateSubscriptionRequest.newBuilder()
                  .setSubscription(asked)
                  .setUpdateMask(FieldMask.newBuilder().addPaths(setting.path()))
                  .build());
    } catch (ApiException e) {
      if (e.getStatusCode().getCode() != Code.INVALID_ARGUMENT) {
        throw e;
      }
    }
  }

  private Subscription read(PubSubLayout.Subscription subscription) {
    return clients
        .subscriber()
        .getSubscriptionCallable()
        .call(
            GetSubscriptionRequest.newBuilder()
                .setSubscription(clients.subscription(subscription.name()))
                .build());
  }

  private Finding check(String topic) {
    try {
      clients
          .publisher()
          .getTopicCallable()
          .call(GetTopicRequest.newBuilder().setTopic(clients.topic(topic)).build());
      return Finding.ok("topic " + topic);
    } catch (ApiException e) {
      if (e.getStatusCode().getCode() == Code.NOT_FOUND) {
        return Finding.problem("topic " + topic + " is missing", INIT + ".");
      }
      throw e;
    }
  }

  private Finding check(PubSubLayout.Subscription subscription) {
    String what = "subscription " + subscription.name();
    Subscription there;
    try {
      there = read(subscription);
    } catch (ApiException e) {
      if (e.getStatusCode().getCode() == Code.NOT_FOUND) {
        return Finding.problem(
            what + " is missing: messages on " + subscription.topic() + " are lost", INIT + ".");
      }
      throw e;
    }
    List<Difference> differences =
        SubscriptionSettings.differences(there, SubscriptionSettings.asked(clients, subscription));
    if (differences.isEmpty()) {
      return Finding.ok(what);
    }
    boolean repairable = differences.stream().allMatch(d -> d.setting().changes());
    return Finding.problem(
        what + ": " + words(differences),
        repairable
            ? INIT + ", which repairs it."
            : ("Pub/Sub does not let that change. Drain it, then run gcloud pubsub subscriptions"
                    + " delete %s and ./holdfast gcp init.")
                .formatted(subscription.name()));
  }

  private static String words(List<Difference> differences) {
    return String.join("; ", differences.stream().map(Difference::words).toList());
  }
}
