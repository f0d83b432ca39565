package dev.holdfast.gcp;

import com.google.pubsub.v1.PubsubMessage;
import com.google.pubsub.v1.ReceivedMessage;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobQueue.DeadLetter;
import io.vertx.core.Future;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Letters on the dead-letter topic. To list them is to pull them and give them back: who looks at
 * the same moment sees what the first one leaves. Thread-safe.
 */
final class PubSubDeadLetters {

  private static final Logger LOG = LoggerFactory.getLogger(PubSubDeadLetters.class);

  /** How long a look may take; Pub/Sub has no order, so the newest are known when all are. */
  private static final Duration LOOK_LIMIT = Duration.ofSeconds(2);

  /** Letters of one look, which bounds its memory. */
  private static final int LETTERS_MAX = 10_000;

  private static final int POLL_MAX = 1_000;

  private static final String REASON = "reason";
  private static final String ATTEMPTS = "attempts";
  private static final String FENCE = "fence";
  private static final String AT = "at";

  /** What the broker adds to a message that it gave up on itself. */
  private static final String BROKER_SOURCE = "CloudPubSubDeadLetterSourceSubscription";

  private static final String BROKER_DELIVERIES = "CloudPubSubDeadLetterSourceDeliveryCount";

  private final PubSubLayout layout;
  private final PubSubPublishing publishing;
  private final PubSubLeases leases;
  private final PubSubPulls pulls;

  PubSubDeadLetters(PubSubClients clients, PubSubLayout layout, PubSubPublishing publishing) {
    this.layout = layout;
    this.publishing = publishing;
    String subscription = layout.subscriptions().dead().name();
    leases = new PubSubLeases(clients, subscription);
    pulls = new PubSubPulls(clients, leases, subscription);
  }

  Future<Void> keep(DeadLetter letter) {
    return publishing.publish(
        layout.topics().dead(),
        letter.job(),
        Map.of(
            REASON,
            cut(letter.reason()),
            ATTEMPTS,
            Integer.toString(letter.attempts()),
            FENCE,
            Long.toString(letter.fence()),
            AT,
            letter.at().toString()));
  }

  /** As much of the text as an attribute holds, without half a character. */
  static String cut(String text) {
    CharsetEncoder encoder =
        StandardCharsets.UTF_8
            .newEncoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .onUnmappableCharacter(CodingErrorAction.REPLACE);
    ByteBuffer bytes = ByteBuffer.allocate(PubSubPublishing.VALUE_BYTES_MAX);
    encoder.encode(CharBuffer.wrap(text), bytes, true);
    return StandardCharsets.UTF_8.decode(bytes.flip()).toString();
  }

  /** The newest first. */
  Future<List<DeadLetter>> newest(int limit) {
    Map<String, ReceivedMessage> seen = new LinkedHashMap<>();
    return look(seen, System.nanoTime() + LOOK_LIMIT.toNanos())
        .eventually(() -> giveBack(seen))
        .map(
            looked ->
                seen.values().stream()
                    .map(message -> letter(message.getMessage()))
                    .flatMap(Optional::stream)
                    // a publish that was tried twice left two messages of one letter
                    .distinct()
                    .sorted(Comparator.comparing(DeadLetter::at).reversed())
                    .limit(Math.max(0, limit))
                    .toList());
  }

  private Future<Void> look(Map<String, ReceivedMessage> seen, long untilNanos) {
    return pulls
        .pull(POLL_MAX, PubSubPulls.LOOK)
        .compose(
            messages -> {
              int before = seen.size();
              messages.forEach(message -> seen.put(message.getMessage().getMessageId(), message));
              boolean over =
                  seen.size() == before
                      || seen.size() >= LETTERS_MAX
                      || untilNanos - System.nanoTime() <= 0;
              return over ? Future.succeededFuture() : look(seen, untilNanos);
            });
  }

  private Future<Void> giveBack(Map<String, ReceivedMessage> seen) {
    return leases
        .lease(seen.values().stream().map(ReceivedMessage::getAckId).toList(), 0)
        .onFailure(
            failure ->
                LOG.warn(
                    "Dead letters that were looked at are hidden for {} s. {}",
                    layout.subscriptions().dead().ackDeadlineSeconds(),
                    failure.getMessage()))
        .otherwiseEmpty();
  }

  private Optional<DeadLetter> letter(PubsubMessage message) {
    Optional<JobId> job = PubSubJobQueue.job(message);
    if (job.isEmpty()) {
      LOG.warn("Message {} on {} names no job.", message.getMessageId(), layout.topics().dead());
      return Optional.empty();
    }
    Map<String, String> attributes = message.getAttributesMap();
    Instant published =
        Instant.ofEpochSecond(
            message.getPublishTime().getSeconds(), message.getPublishTime().getNanos());
    if (attributes.containsKey(BROKER_SOURCE) && !attributes.containsKey(REASON)) {
      int deliveries = (int) number(attributes.getOrDefault(BROKER_DELIVERIES, "0"));
      return Optional.of(
          new DeadLetter(
              job.get(),
              "Pub/Sub itself gave up on the message after %d deliveries; the job is tried again"
                      .formatted(deliveries)
                  + " when the Reconciler publishes it.",
              deliveries,
              0,
              published));
    }
    return Optional.of(
        new DeadLetter(
            job.get(),
            attributes.getOrDefault(REASON, "no reason was given"),
            (int) number(attributes.getOrDefault(ATTEMPTS, "0")),
            number(attributes.getOrDefault(FENCE, "0")),
            time(attributes.get(AT), published)));
  }

  /** Attributes are what anyone with the right to publish wrote. */
  private static long number(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  private static Instant time(@Nullable String text, Instant otherwise) {
    try {
      return text == null ? otherwise : Instant.parse(text);
    } catch (DateTimeException e) {
      return otherwise;
    }
  }
}
