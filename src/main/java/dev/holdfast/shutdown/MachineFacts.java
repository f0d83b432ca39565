package dev.holdfast.shutdown;

import dev.holdfast.shutdown.EvictionNotices.Cloud;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a cloud's metadata server says of the machine that this process runs on. Each fact is asked
 * for by itself, since a server may show one and hide another: GKE shows the zone to pods, and not
 * whether the machine is a Spot one.
 */
public final class MachineFacts {

  private static final Logger LOG = LoggerFactory.getLogger(MachineFacts.class);

  /** A process waits for this before it starts, so it is short. */
  static final Duration LIMIT = Duration.ofSeconds(1);

  private static final Pattern ZONE = Pattern.compile("[A-Za-z0-9-]{1,64}");
  private static final Pattern MACHINE = Pattern.compile("[A-Za-z0-9._-]{1,63}");
  private static final Pattern GCE_MACHINE =
      Pattern.compile("projects/[A-Za-z0-9.:-]{1,64}/machineTypes/([a-z0-9-]{1,63})");
  private static final Pattern GCE_ZONE =
      Pattern.compile("projects/[A-Za-z0-9.:-]{1,64}/zones/([a-z0-9-]{1,64})");

  /**
   * @param zone as the cloud names it
   * @param spot whether the machine can be reclaimed at any time
   * @param machine its kind, as the cloud names it
   */
  public record Facts(Optional<String> zone, Optional<Boolean> spot, Optional<String> machine) {
    static final Facts NONE = new Facts(Optional.empty(), Optional.empty(), Optional.empty());

    /** These, and where they say nothing, the others. */
    public Facts or(Facts others) {
      return new Facts(zone.or(others::zone), spot.or(others::spot), machine.or(others::machine));
    }
  }

  private record Questions(Future<String> zone, Future<Boolean> spot, Future<String> machine) {
    Facts answered() {
      return new Facts(answer(zone), answer(spot), answer(machine));
    }

    private static <T> Optional<T> answer(Future<T> question) {
      return question.succeeded() ? Optional.ofNullable(question.result()) : Optional.empty();
    }
  }

  private final Clockwork clockwork;

  public MachineFacts(Vertx vertx, InstantSource clock) {
    this(Clockwork.of(vertx, clock));
  }

  MachineFacts(Clockwork clockwork) {
    this.clockwork = clockwork;
  }

  /**
   * Asks once.
   *
   * @param base where to ask: scheme, host and perhaps port, no path. As a rule {@link Cloud#base}.
   * @return what was answered within {@link #LIMIT}; never fails
   */
  public Future<Facts> ask(Cloud cloud, URI base) {
    Promise<Facts> told = Promise.promise();
    Context context = clockwork.vertx().getOrCreateContext();
    context.runOnContext(
        start -> {
          MetadataClient client = new MetadataClient(clockwork, base);
          Questions asked = questions(cloud, client);
          Runnable stopLimit =
              clockwork
                  .limits()
                  .after(
                      LIMIT, () -> context.runOnContext(due -> told.tryComplete(asked.answered())));
          Future.join(asked.zone(), asked.spot(), asked.machine())
              .onComplete(
                  all -> {
                    if (all.failed()) {
                      LOG.info(
                          "{} metadata at {} does not tell all of this machine's place ({}).",
                          cloud,
                          base,
                          all.cause().getMessage());
                    }
                    told.tryComplete(asked.answered());
                  });
          told.future()
              .onComplete(
                  done -> {
                    stopLimit.run();
                    client.close();
                  });
        });
    return told.future();
  }

  private static Questions questions(Cloud cloud, MetadataClient client) {
    return switch (cloud) {
      case GCE ->
          new Questions(
              gce(client, "zone", MachineFacts::gceZone),
              gce(
                  client,
                  "scheduling/preemptible",
                  value -> word(value, Map.of("TRUE", true, "FALSE", false))),
              gce(client, "machine-type", MachineFacts::gceMachine));
      case AWS -> {
        AwsToken token = new AwsToken(client);
        yield new Questions(
            aws(token, "placement/availability-zone", MachineFacts::zone),
            aws(
                token,
                "instance-life-cycle",
                life ->
                    word(
                        life,
                        Map.of(
                            "spot",
                            true,
                            "on-demand",
                            false,
                            "scheduled",
                            false,
                            "capacity-block",
                            false))),
            aws(token, "instance-type", MachineFacts::machine));
      }
      case AZURE -> {
        Future<JsonObject> compute =
            client.ask(
                HttpMethod.GET,
                AzureProbe.COMPUTE_PATH,
                AzureProbe.HEADERS,
                LIMIT,
                answer -> answer.requiredJson(AzureProbe.COMPUTE_PATH));
        yield new Questions(
            compute.compose(json -> read(() -> azureZone(json))),
            compute.compose(
                json ->
                    read(
                        () ->
                            word(
                                text(json, "priority"),
                                Map.of("Spot", true, "Low", true, "Regular", false)))),
            compute.compose(json -> read(() -> machine(text(json, "vmSize")))));
      }
    };
  }

  private interface Reading<T> {
    T read() throws IOException;
  }

  private interface Word<T> {
    T read(String word) throws IOException;
  }

  private static <T> Future<T> read(Reading<T> reading) {
    try {
      return Future.succeededFuture(reading.read());
    } catch (IOException e) {
      return Future.failedFuture(e);
    }
  }

  private static <T> Future<T> gce(MetadataClient client, String key, Word<T> reading) {
    String path = GceProbe.INSTANCE + key;
    return client.ask(
        HttpMethod.GET,
        path,
        GceProbe.HEADERS,
        LIMIT,
        answer -> reading.read(GceProbe.value(answer, path)));
  }

  private static <T> Future<T> aws(AwsToken token, String item, Word<T> reading) {
    String path = "/latest/meta-data/" + item;
    return token.get(path).compose(answer -> read(() -> reading.read(answer.required(path))));
  }

  /** Such as {@code projects/123/zones/europe-west4-a}. */
  private static String gceZone(String value) throws IOException {
    Matcher matcher = GCE_ZONE.matcher(value);
    if (!matcher.matches()) {
      throw new IOException("no zone was answered");
    }
    return matcher.group(1);
  }

  /** Such as {@code projects/123/machineTypes/g2-standard-8}. */
  private static String gceMachine(String value) throws IOException {
    Matcher matcher = GCE_MACHINE.matcher(value);
    if (!matcher.matches()) {
      throw new IOException("no kind of machine was answered");
    }
    return matcher.group(1);
  }

  private static String machine(String word) throws IOException {
    if (!MACHINE.matcher(word.strip()).matches()) {
      throw new IOException("no kind of machine was answered");
    }
    return word.strip();
  }

  private static String zone(String word) throws IOException {
    if (!ZONE.matcher(word.strip()).matches()) {
      throw new IOException("no zone was answered");
    }
    return word.strip();
  }

  /** As Kubernetes' label names it there: the region, and behind a dash the zone if it has one. */
  private static String azureZone(JsonObject compute) throws IOException {
    String number = text(compute, "zone");
    String location = text(compute, "location");
    return zone(number.isEmpty() ? location : location + "-" + number);
  }

  private static String text(JsonObject compute, String key) {
    return compute.getValue(key) instanceof String text ? text : "";
  }

  private static boolean word(String word, Map<String, Boolean> meanings) throws IOException {
    Boolean meaning = meanings.get(word.strip());
    if (meaning == null) {
      throw new IOException("neither Spot nor not was answered");
    }
    return meaning;
  }
}
