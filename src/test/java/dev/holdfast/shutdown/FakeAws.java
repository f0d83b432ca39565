package dev.holdfast.shutdown;

import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** EC2's, version 2 only: no token, no answer; an item that says nothing is not there. */
final class FakeAws implements FakeCloud {

  static final String ACTION = "/latest/meta-data/spot/instance-action";
  static final String REBALANCE = "/latest/meta-data/events/recommendations/rebalance";

  private final Map<String, String> items = new ConcurrentHashMap<>();
  private final Set<String> tokens = new HashSet<>();
  private int issued;
  private boolean issues = true;

  @Override
  public Probe probe(MetadataClient client) {
    return AwsProbe.interruption(new AwsToken(client), client.base(), () -> NOW);
  }

  @Override
  public void evict() {
    set(ACTION, "{\"action\": \"terminate\", \"time\": \"2026-03-01T12:02:00Z\"}");
  }

  @Override
  public Optional<Duration> deadline() {
    return Optional.of(Duration.ofMinutes(2));
  }

  void set(String path, String body) {
    items.put(path, body);
  }

  synchronized void expireTokens() {
    tokens.clear();
  }

  /** From now on tokens are expired when they are given. */
  synchronized void issueDeadTokens() {
    issues = false;
    tokens.clear();
  }

  synchronized int issued() {
    return issued;
  }

  @Override
  public synchronized void handle(HttpServerRequest request) {
    String token = request.getHeader("X-aws-ec2-metadata-token");
    if (request.getHeader("X-Forwarded-For") != null) {
      FakeCloud.answer(request, 403, "");
    } else if (request.path().equals("/latest/api/token")) {
      issue(request);
    } else if (token == null || !tokens.contains(token)) {
      FakeCloud.answer(request, 401, "");
    } else if (request.method().equals(HttpMethod.GET) && items.containsKey(request.path())) {
      FakeCloud.answer(request, 200, String.valueOf(items.get(request.path())));
    } else {
      FakeCloud.answer(request, 404, "<?xml version=\"1.0\"?><html>404 - Not Found</html>");
    }
  }

  private void issue(HttpServerRequest request) {
    String seconds = request.getHeader("X-aws-ec2-metadata-token-ttl-seconds");
    if (!request.method().equals(HttpMethod.PUT)) {
      FakeCloud.answer(request, 405, "");
    } else if (seconds == null
        || !seconds.matches("[0-9]{1,5}")
        || Integer.parseInt(seconds) < 1
        || Integer.parseInt(seconds) > 21_600) {
      FakeCloud.answer(request, 400, "");
    } else {
      issued++;
      String token = "AQAEA-token_" + issued + "==";
      if (issues) {
        tokens.add(token);
      }
      FakeCloud.answer(request, 200, token);
    }
  }
}
