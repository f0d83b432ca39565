package dev.holdfast.shutdown;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Compute Engine's: ETags, and requests that hang until the value is another one. */
final class FakeGce implements FakeCloud {

  private static final String PREFIX = "/computeMetadata/v1/instance/";

  private record Waiting(String key, HttpServerRequest request) {}

  private final Map<String, String> values =
      new HashMap<>(Map.of("preempted", "FALSE", "maintenance-event", "NONE"));
  private final List<Waiting> waiting = new ArrayList<>();
  private final BlockingQueue<String> held = new LinkedBlockingQueue<>();
  private volatile boolean givesEtags = true;

  @Override
  public Probe probe(MetadataClient client) {
    return GceProbe.preempted(client);
  }

  @Override
  public void evict() {
    set("preempted", "TRUE");
  }

  @Override
  public Optional<Duration> deadline() {
    return Optional.empty();
  }

  void giveNoEtags() {
    givesEtags = false;
  }

  synchronized void set(String key, String value) {
    values.put(key, value);
    elapse(key);
  }

  /** Waits for the next request that hangs. */
  void awaitHeld() throws InterruptedException {
    assertThat(held.poll(20, TimeUnit.SECONDS)).as("no request hangs").isNotNull();
  }

  /** As if the time that a client is willing to wait had passed. */
  synchronized void elapse(String key) {
    List<Waiting> released = waiting.stream().filter(one -> one.key().equals(key)).toList();
    waiting.removeAll(released);
    released.forEach(one -> answer(one.request(), key));
  }

  @Override
  public synchronized void handle(HttpServerRequest request) {
    String key = request.path().startsWith(PREFIX) ? request.path().substring(PREFIX.length()) : "";
    if (!"Google".equals(request.getHeader("Metadata-Flavor"))
        || request.getHeader("X-Forwarded-For") != null) {
      FakeCloud.answer(request, 403, "Missing Metadata-Flavor:Google header.");
    } else if (!values.containsKey(key)) {
      request.response().putHeader("Metadata-Flavor", "Google");
      FakeCloud.answer(request, 404, "not found");
    } else if ("true".equals(request.getParam("wait_for_change"))
        && etag(key).equals(request.getParam("last_etag"))) {
      waiting.add(new Waiting(key, request));
      held.add(key);
    } else {
      answer(request, key);
    }
  }

  private void answer(HttpServerRequest request, String key) {
    request.response().putHeader("Metadata-Flavor", "Google");
    if (givesEtags) {
      request.response().putHeader("ETag", etag(key));
    }
    FakeCloud.answer(request, 200, String.valueOf(values.get(key)));
  }

  private String etag(String key) {
    return Integer.toHexString(String.valueOf(values.get(key)).hashCode());
  }
}
