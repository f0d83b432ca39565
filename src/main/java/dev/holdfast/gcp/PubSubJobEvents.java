package dev.holdfast.gcp;

import com.google.pubsub.v1.PubsubMessage;
import com.google.pubsub.v1.ReceivedMessage;
import dev.holdfast.adapter.CallerContext;
import dev.holdfast.adapter.EventListening;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobEvents;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobState;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Events on a topic of their own, in no order. A process that hears them has one short-lived
 * subscription for all its listeners. Thread-safe.
 */
final class PubSubJobEvents implements JobEvents, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(PubSubJobEvents.class);

  /** News may be lost, so nobody waits long for it. */
  private static final Duration PUBLISH_LIMIT = Duration.ofSeconds(2);

  private static final String VERSION = "version";
  private static final String STATE = "state";
  private static final String DONE = "done";
  private static final String FAILED = "failed";
  private static final String TOTAL = "total";

  private final PubSubPublishing publishing;
  private final String topic;
  private final Set<JobState> heard;
  private final @Nullable EventFeed feed;
  private final List<EventListening> listeners = new CopyOnWriteArrayList<>();

  private PubSubJobEvents(PubSubClients clients, PubSubLayout layout, Set<JobState> hears) {
    publishing = new PubSubPublishing(clients, PUBLISH_LIMIT);
    topic = layout.topics().events();
    heard = Set.copyOf(hears);
    feed =
        hears.isEmpty()
            ? null
            : new EventFeed(
                clients,
                layout.eventSubscriptions().named(JobId.randomToken()),
                filter(heard),
                this::hear);
  }

  /**
   * Opens the events. If {@code hears} is not empty it makes this process's subscription first and
   * blocks until that is there or one try has failed, some seconds at most; it is then tried again
   * until it succeeds.
   *
   * @param hears what {@link #subscribe} may be called for; Pub/Sub keeps everything else away
   */
  static PubSubJobEvents open(PubSubClients clients, PubSubLayout layout, Set<JobState> hears) {
    PubSubJobEvents events = new PubSubJobEvents(clients, layout, hears);
    if (events.feed != null) {
      events.feed.open();
    }
    return events;
  }

  /**
   * Lets only these states through (cloud.google.com/pubsub/docs/subscription-message-filter). It
   * cannot be changed later, which a subscription that ends with its process need not be.
   */
  private static String filter(Set<JobState> states) {
    return states.equals(EVERY_STATE)
        ? ""
        : states.stream()
            .sorted()
            .map(state -> "attributes.%s = \"%s\"".formatted(STATE, state.wireName()))
            .collect(Collectors.joining(" OR "));
  }

  @Override
  public Future<Void> publish(JobEvent event) {
    Map<String, String> attributes = new HashMap<>();
    attributes.put(VERSION, Long.toString(event.version()));
    attributes.put(STATE, event.state().wireName());
    attributes.put(DONE, Long.toString(event.progress().done()));
    attributes.put(FAILED, Long.toString(event.progress().failed()));
    Long total = event.progress().total();
    if (total != null) {
      attributes.put(TOTAL, Long.toString(total));
    }
    return CallerContext.here(publishing.publish(topic, event.job(), attributes));
  }

  /** {@inheritDoc} Sends nothing and does not block. */
  @Override
  public Subscription subscribe(Set<JobState> states, Consumer<JobEvent> listener) {
    if (!heard.containsAll(states)) {
      throw new IllegalStateException("This process was opened as one that hears only of " + heard);
    }
    EventListening listening = new EventListening(states, listener, listeners::remove);
    listeners.add(listening);
    return listening;
  }

  private void hear(ReceivedMessage message) {
    Optional<JobEvent> event = event(message.getMessage());
    if (event.isEmpty()) {
      LOG.debug("Message {} on {} is no event.", message.getMessage().getMessageId(), topic);
      return;
    }
    for (EventListening listener : listeners) {
      listener.tell(event.get());
    }
  }

  /** Messages are what anyone with the right to publish wrote. */
  private static Optional<JobEvent> event(PubsubMessage message) {
    Map<String, String> attributes = message.getAttributesMap();
    Optional<JobId> job = PubSubJobQueue.job(message);
    Optional<JobState> state = JobState.ofWireName(attributes.getOrDefault(STATE, ""));
    if (job.isEmpty() || state.isEmpty()) {
      return Optional.empty();
    }
    try {
      String total = attributes.get(TOTAL);
      return Optional.of(
          new JobEvent(
              job.get(),
              Long.parseLong(attributes.getOrDefault(VERSION, "")),
              state.get(),
              new Job.Progress(
                  Long.parseLong(attributes.getOrDefault(DONE, "")),
                  Long.parseLong(attributes.getOrDefault(FAILED, "")),
                  total == null ? null : Long.valueOf(total))));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** Deletes this process's subscription; blocks until then, some seconds at most. Idempotent. */
  @Override
  public void close() {
    listeners.forEach(EventListening::close);
    publishing.close();
    if (feed != null) {
      feed.close();
    }
  }
}
