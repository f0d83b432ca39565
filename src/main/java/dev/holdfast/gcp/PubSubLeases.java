package dev.holdfast.gcp;

import com.google.api.gax.rpc.StatusCode.Code;
import com.google.pubsub.v1.AcknowledgeRequest;
import com.google.pubsub.v1.ModifyAckDeadlineRequest;
import dev.holdfast.gcp.CallFailure.Role;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is said of the messages pulled from one subscription, many in one call. Thread-safe. */
final class PubSubLeases {

  private static final Logger LOG = LoggerFactory.getLogger(PubSubLeases.class);

  /** What one ModifyAckDeadline can ask for at most; longer is cut to this. */
  static final int SECONDS_MAX = 600;

  /** Ids of one call. A request has at most 512 KiB. */
  private static final int IDS_MAX = 1_000;

  private static final int IDS_BYTES_MAX = 400_000;

  /** Nobody waits for an acknowledgement but the slot that it frees; hand-overs take seconds. */
  static final Gathering.Limits LIMITS =
      new Gathering.Limits(Duration.ofMillis(50), 500, IDS_BYTES_MAX);

  /**
   * @param seconds until the message comes again; negative for never
   */
  private record Verdict(int seconds) {
    static final Verdict ACKNOWLEDGED = new Verdict(-1);
  }

  private final PubSubClients clients;
  private final String subscription;
  private final PubSubGathering<Verdict, String> verdicts;

  /**
   * @param subscription its short name
   */
  PubSubLeases(PubSubClients clients, String subscription) {
    this.clients = clients;
    this.subscription = subscription;
    verdicts =
        new PubSubGathering<>(
            clients,
            LIMITS,
            (verdict, ids) ->
                verdict.equals(Verdict.ACKNOWLEDGED)
                    ? known(ids, this::acknowledge)
                    : known(ids, some -> modify(some, verdict.seconds())));
  }

  /** Rounded up: a lease is never shorter than it was asked for. */
  static int seconds(Duration duration) {
    if (duration.isNegative()) {
      return 0;
    }
    Duration longest = Duration.ofSeconds(SECONDS_MAX);
    return duration.compareTo(longest) >= 0
        ? SECONDS_MAX
        : (int) duration.plusNanos(999_999_999).toSeconds();
  }

  /** Ends one message. */
  Future<Void> ack(String id) {
    return verdicts.add(Verdict.ACKNOWLEDGED, id, id.length());
  }

  /** Gives one message back, to come again after {@code seconds}. */
  Future<Void> release(String id, int seconds) {
    return verdicts.add(new Verdict(seconds), id, id.length());
  }

  /** Leases the messages for {@code seconds} from now, at once; 0 gives them back. */
  Future<Void> lease(List<String> ids, int seconds) {
    List<Future<Void>> calls = new ArrayList<>();
    List<String> some = new ArrayList<>();
    int bytes = 0;
    for (String id : ids) {
      some.add(id);
      bytes += id.length();
      if (some.size() == IDS_MAX || bytes >= IDS_BYTES_MAX) {
        calls.add(known(List.copyOf(some), chunk -> modify(chunk, seconds)));
        some.clear();
        bytes = 0;
      }
    }
    if (!some.isEmpty()) {
      calls.add(known(List.copyOf(some), chunk -> modify(chunk, seconds)));
    }
    return Future.join(calls).mapEmpty();
  }

  /** Ends the messages, at once. */
  Future<Void> ack(List<String> ids) {
    return known(ids, this::acknowledge);
  }

  /**
   * One id that Pub/Sub does not know makes it refuse a whole call, so that call is made again in
   * halves, down to the id that is at fault. That one's lease has passed on: it has no say.
   */
  private Future<Void> known(List<String> ids, Function<List<String>, Future<Void>> call) {
    return call.apply(ids)
        .recover(
            failure -> {
              if (CallFailure.code(failure) != Code.INVALID_ARGUMENT) {
                return Future.failedFuture(failure);
              }
              if (ids.size() == 1) {
                LOG.debug("{} does not know an ack id; it is passed over", subscription);
                return Future.succeededFuture();
              }
              int half = ids.size() / 2;
              return Future.join(
                      known(ids.subList(0, half), call), known(ids.subList(half, ids.size()), call))
                  .mapEmpty();
            });
  }

  private Future<Void> acknowledge(List<String> ids) {
    return CallFailure.named(
            "acknowledge messages of " + subscription,
            Role.SUBSCRIBER,
            () ->
                clients
                    .subscriber()
                    .acknowledgeCallable()
                    .futureCall(
                        AcknowledgeRequest.newBuilder()
                            .setSubscription(clients.subscription(subscription))
                            .addAllAckIds(ids)
                            .build()))
        .mapEmpty();
  }

  private Future<Void> modify(List<String> ids, int seconds) {
    return CallFailure.named(
            (seconds == 0 ? "release" : "lease") + " messages of " + subscription,
            Role.SUBSCRIBER,
            () ->
                clients
                    .subscriber()
                    .modifyAckDeadlineCallable()
                    .futureCall(
                        ModifyAckDeadlineRequest.newBuilder()
                            .setSubscription(clients.subscription(subscription))
                            .addAllAckIds(ids)
                            .setAckDeadlineSeconds(seconds)
                            .build()))
        .mapEmpty();
  }

  /** Sends what has been gathered, and refuses what comes later. */
  void close() {
    verdicts.close();
  }
}
