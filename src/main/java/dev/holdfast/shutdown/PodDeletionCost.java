package dev.holdfast.shutdown;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.PemTrustOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the annotation up by which Kubernetes chooses the pods that a scale-in takes: the cheapest
 * first (kubernetes.io/docs/concepts/workloads/controllers/replicaset/#pod-deletion-cost). Best
 * effort: whatever goes wrong, the process goes on, and a scale-in takes any pod.
 */
public final class PodDeletionCost implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(PodDeletionCost.class);

  static final String ANNOTATION = "controller.kubernetes.io/pod-deletion-cost";

  /** Every change is a write to the API server, which has better things to do. */
  static final Duration INTERVAL = Duration.ofSeconds(15);

  /** After failures the wait doubles up to here. */
  static final Duration INTERVAL_MAX = Duration.ofMinutes(5);

  /** Costs that are not this many times as much, or as little, are as good as the same. */
  private static final long LOT = 2;

  private static final Duration ANSWER_MAX = Duration.ofSeconds(5);
  private static final int OK = 200;

  private final Clockwork clockwork;
  private final Context context;
  private final Pod pod;
  private final LongSupplier cost;
  private final HttpClient client;
  private Runnable stopWaiting = () -> {};
  private long told = -1;
  private int failures;
  private boolean closed;

  /**
   * @param cost what is lost with this pod, 0 if nothing is; called on the context, must not block
   */
  PodDeletionCost(Clockwork clockwork, Pod pod, LongSupplier cost) {
    this.clockwork = clockwork;
    this.context = clockwork.vertx().getOrCreateContext();
    this.pod = pod;
    this.cost = cost;
    this.client =
        clockwork
            .vertx()
            .createHttpClient(
                new HttpClientOptions()
                    .setSsl(true)
                    .setVerifyHost(true)
                    .setTrustOptions(new PemTrustOptions().addCertPath(pod.authority().toString()))
                    .setConnectTimeout((int) ANSWER_MAX.toMillis()));
  }

  /**
   * Begins, if this process runs in a pod that may talk to its API server. Blocks for a moment.
   *
   * @param cost what is lost with this pod, 0 if nothing is; called on a loop, must not block
   * @return to be closed when the pod is leaving anyway; empty outside of a pod
   */
  public static Optional<PodDeletionCost> inPod(
      Vertx vertx, InstantSource clock, Map<String, String> environment, LongSupplier cost) {
    Optional<Pod> pod = Pod.of(environment);
    if (pod.isEmpty()) {
      LOG.warn(
          "no pod-deletion-cost is kept up: this is no pod, or none with a token of its service"
              + " account");
    }
    return pod.map(
        here -> {
          PodDeletionCost kept = new PodDeletionCost(Clockwork.of(vertx, clock), here, cost);
          kept.start();
          return kept;
        });
  }

  /** Looks now and at every interval from now on. */
  void start() {
    context.runOnContext(begin -> look());
  }

  private void look() {
    if (closed) {
      return;
    }
    long now = Math.min(Integer.MAX_VALUE, Math.max(0, cost.getAsLong()));
    if (!isNews(told, now)) {
      later();
      return;
    }
    patch(now)
        .onSuccess(
            done -> {
              told = now;
              failures = 0;
            })
        .onFailure(this::failed)
        .onComplete(done -> later());
  }

  /** Whether the pod has become idle or busy, or its cost is a lot more or less. */
  static boolean isNews(long told, long now) {
    if (told < 0 || (told == 0) != (now == 0)) {
      return true;
    }
    return told != now && (now >= told * LOT || told >= now * LOT);
  }

  private void failed(Throwable why) {
    if (failures++ == 0) {
      LOG.warn(
          "could not tell Kubernetes what this pod's end would cost; still trying: {}",
          why.toString());
    }
  }

  private void later() {
    if (!closed) {
      Duration wait = INTERVAL;
      for (int i = 0; i < failures && wait.compareTo(INTERVAL_MAX) < 0; i++) {
        wait = wait.multipliedBy(2);
      }
      stopWaiting =
          clockwork
              .waits()
              .after(
                  wait.compareTo(INTERVAL_MAX) > 0 ? INTERVAL_MAX : wait,
                  () -> context.runOnContext(due -> look()));
    }
  }

  /** The token is read anew each time, since it is exchanged long before it runs out. */
  private Future<Void> patch(long now) {
    return clockwork
        .vertx()
        .fileSystem()
        .readFile(pod.token().toString())
        .compose(token -> send(token.toString(StandardCharsets.UTF_8).strip(), now));
  }

  private Future<Void> send(String token, long now) {
    JsonObject annotation = new JsonObject().put(ANNOTATION, Long.toString(now));
    Buffer body =
        new JsonObject()
            .put("metadata", new JsonObject().put("annotations", annotation))
            .toBuffer();
    RequestOptions request =
        new RequestOptions()
            .setMethod(HttpMethod.PATCH)
            .setHost(pod.host())
            .setPort(pod.port())
            .setURI("/api/v1/namespaces/%s/pods/%s".formatted(pod.namespace(), pod.name()))
            .setTimeout(ANSWER_MAX.toMillis())
            .putHeader("Authorization", "Bearer " + token)
            .putHeader("Accept", "application/json")
            .putHeader("Content-Type", "application/merge-patch+json");
    return client.request(request).compose(opened -> answered(opened, body));
  }

  private static Future<Void> answered(HttpClientRequest opened, Buffer body) {
    return opened
        .send(body)
        .compose(
            response ->
                response.statusCode() == OK
                    ? response.end()
                    : Future.failedFuture(
                        new IOException(
                            response.statusCode() == 403
                                ? "403: the service account needs the right to patch pods"
                                : "the API server answered " + response.statusCode())));
  }

  /** Tells nothing any more. Any thread. */
  @Override
  public void close() {
    context.runOnContext(
        end -> {
          closed = true;
          stopWaiting.run();
          client.close();
        });
  }
}
