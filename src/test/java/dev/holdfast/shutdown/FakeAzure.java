package dev.holdfast.shutdown;

import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/** Azure's: one document for the whole scale set, with a number that grows with each change. */
final class FakeAzure implements FakeCloud {

  static final String NAME = "batch-gpu_3";

  private static final Set<String> VERSIONS = Set.of("2019-08-01", "2020-07-01");

  private int incarnation = 1;
  private JsonArray events = new JsonArray();
  private volatile String name = NAME;
  private volatile JsonObject description = new JsonObject();

  @Override
  public Probe probe(MetadataClient client) {
    return new AzureProbe(client, () -> NOW);
  }

  @Override
  public void evict() {
    list(event("602d9444", "Preempt", NAME, "Sun, 01 Mar 2026 12:00:30 GMT"));
  }

  @Override
  public Optional<Duration> deadline() {
    return Optional.of(Duration.ofSeconds(30));
  }

  static JsonObject event(String id, String type, String resource, String notBefore) {
    return new JsonObject()
        .put("EventId", id)
        .put("EventType", type)
        .put("ResourceType", "VirtualMachine")
        .put("Resources", new JsonArray().add("batch-gpu_1").add(resource))
        .put("EventStatus", notBefore.isEmpty() ? "Started" : "Scheduled")
        .put("NotBefore", notBefore)
        .put("Description", "")
        .put("EventSource", "Platform")
        .put("DurationInSeconds", -1);
  }

  /** What is listed from now on, in a document with a number of its own. */
  synchronized void list(Object... listed) {
    incarnation++;
    events = JsonArray.of(listed);
  }

  /** Changes the list but not the document's number, which Azure never does. */
  synchronized void listInSecret(Object... listed) {
    events = JsonArray.of(listed);
  }

  /** What the machine is, from now on. */
  void describe(JsonObject now) {
    description = now;
  }

  void rename(String now) {
    name = now;
  }

  @Override
  public synchronized void handle(HttpServerRequest request) {
    String version = request.getParam("api-version");
    if (!"true".equals(request.getHeader("Metadata"))
        || request.getHeader("X-Forwarded-For") != null) {
      FakeCloud.answer(request, 400, "{\"error\": \"Bad request. Required metadata header\"}");
    } else if (version == null) {
      FakeCloud.answer(request, 400, "{\"error\": \"Bad request. api-version is missing\"}");
    } else if (!request.method().equals(HttpMethod.GET)) {
      FakeCloud.answer(request, 405, "");
    } else if (request.path().equals("/metadata/instance/compute/name")
        && "text".equals(request.getParam("format"))) {
      FakeCloud.answer(request, 200, name);
    } else if (request.path().equals("/metadata/instance/compute")
        && "json".equals(request.getParam("format"))) {
      FakeCloud.answer(request, 200, description.encode());
    } else if (request.path().equals("/metadata/scheduledevents") && VERSIONS.contains(version)) {
      FakeCloud.answer(
          request,
          200,
          new JsonObject().put("DocumentIncarnation", incarnation).put("Events", events).encode());
    } else {
      FakeCloud.answer(request, 404, "");
    }
  }
}
