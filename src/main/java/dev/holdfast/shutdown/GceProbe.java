package dev.holdfast.shutdown;

import dev.holdfast.shutdown.EvictionNotice.Notice;
import dev.holdfast.shutdown.MetadataClient.Answer;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * One value of Compute Engine's metadata server, with a request that hangs until the value changes
 * (cloud.google.com/compute/docs/metadata/querying-metadata).
 *
 * <p>The first request returns the value and its ETag at once. From then on {@code last_etag} says
 * what we know, so that a change between two requests is answered at once too.
 */
final class GceProbe implements Probe {

  private static final String FLAVOR = "Metadata-Flavor";
  private static final String GOOGLE = "Google";

  /** Where what concerns this machine begins. */
  static final String INSTANCE = "/computeMetadata/v1/instance/";

  static final Map<String, String> HEADERS = Map.of(FLAVOR, GOOGLE);

  /** How long the server holds a request if nothing changes. */
  private static final Duration HANG = Duration.ofSeconds(60);

  private static final Duration HANG_MAX = HANG.plus(MetadataClient.ANSWER_MAX);

  /** Bounds what a server costs that does not hang; a change waits no longer than this for us. */
  private static final Duration BETWEEN = Duration.ofMillis(200);

  /** The pace where the server gives no ETag to wait with. */
  private static final Duration BETWEEN_WITHOUT_ETAG = Duration.ofSeconds(1);

  /** What a host's maintenance is announced by (compute/docs/metadata/getting-live-migration). */
  private static final Duration MAINTENANCE_NOTICE = Duration.ofSeconds(60);

  private static final Pattern VALUE = Pattern.compile("[A-Z_]{1,64}");

  private final MetadataClient client;
  private final String path;
  private final String alarm;
  private final Notice notice;
  private String etag = "";
  private String value = "";

  private GceProbe(MetadataClient client, String key, String alarm, Notice notice) {
    this.client = client;
    this.path = INSTANCE + key;
    this.alarm = alarm;
    this.notice = notice;
  }

  /**
   * A Spot machine is reclaimed. How long is left depends on a setting of the machine that the
   * metadata server does not tell.
   */
  static GceProbe preempted(MetadataClient client) {
    return new GceProbe(
        client,
        "preempted",
        "TRUE",
        new Notice("GCE", "the instance is preempted", Optional.empty(), true));
  }

  /** The host is maintained, and the machine, as all with a GPU, cannot move elsewhere alive. */
  static GceProbe maintenance(MetadataClient client) {
    return new GceProbe(
        client,
        "maintenance-event",
        "TERMINATE_ON_HOST_MAINTENANCE",
        new Notice(
            "GCE",
            "the instance is terminated for its host's maintenance",
            Optional.of(MAINTENANCE_NOTICE),
            true));
  }

  @Override
  public String place() {
    return "GCE metadata at " + client.base() + path;
  }

  @Override
  public Future<Duration> look(Consumer<Notice> tell) {
    String known = etag;
    etag = "";
    String query =
        known.isEmpty()
            ? ""
            : "?wait_for_change=true&last_etag=%s&timeout_sec=%d"
                .formatted(URLEncoder.encode(known, StandardCharsets.UTF_8), HANG.toSeconds());
    return client.ask(
        HttpMethod.GET,
        path + query,
        HEADERS,
        known.isEmpty() ? MetadataClient.ANSWER_MAX : HANG_MAX,
        answer -> read(answer, tell));
  }

  /** The value that was asked for, if it is Google who answers. */
  static String value(Answer answer, String path) throws IOException {
    if (!GOOGLE.equals(answer.headers().get(FLAVOR))) {
      throw new IOException("what answers is not Google's metadata server");
    }
    return answer.required(path).strip();
  }

  private Duration read(Answer answer, Consumer<Notice> tell) throws IOException {
    String now = value(answer, path);
    if (!VALUE.matcher(now).matches()) {
      throw new IOException(path + " holds no word");
    }
    if (now.equals(alarm) && !now.equals(value)) {
      tell.accept(notice);
    }
    value = now;
    String given = answer.headers().get("ETag");
    etag = given == null ? "" : given;
    return etag.isEmpty() ? BETWEEN_WITHOUT_ETAG : BETWEEN;
  }
}
