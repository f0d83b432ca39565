package dev.holdfast.api;

import dev.holdfast.job.JobError;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.HostAndPort;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** Takes workers away where that is offered, so that anyone can see what becomes of their jobs. */
final class StopRoutes {

  private static final Pattern ADDRESS =
      Pattern.compile("localhost|[0-9.]+|\\[?[0-9a-f:.]*:[0-9a-f:.]*]?", Pattern.CASE_INSENSITIVE);

  private final WorkerStops stops;

  StopRoutes(WorkerStops stops) {
    this.stops = stops;
  }

  Future<?> evict(Call call) {
    return stop(call, stops::evict, "SIGTERM");
  }

  Future<?> kill(Call call) {
    return stop(call, stops::kill, "SIGKILL");
  }

  private Future<?> stop(Call call, Predicate<String> way, String signal) {
    ownName(call);
    String worker = call.path("worker_id");
    Map<String, Long> workers = stops.workers();
    if (workers.isEmpty()) {
      throw new Refusal(
          JobError.CANNOT_STOP_WORKER,
          "this server did not start its workers and cannot stop them; 'holdfast local' can");
    }
    if (!workers.containsKey(worker)) {
      throw new Refusal(
          JobError.WORKER_NOT_FOUND,
          "there is no worker %s here; there are %s"
              .formatted(
                  SchemaCheck.shown(worker), String.join(", ", new TreeSet<>(workers.keySet()))));
    }
    return call.rc()
        .vertx()
        .executeBlocking(() -> way.test(worker), false)
        .compose(
            told ->
                told
                    ? call.reply(202, new JsonObject().put("worker", worker).put("signal", signal))
                    : Future.failedFuture(
                        new Refusal(
                            JobError.CANNOT_STOP_WORKER,
                            "%s is leaving already or not running at the moment; it is started again by itself"
                                .formatted(worker))));
  }

  /**
   * A name that its owner points at this machine makes a stranger's page look like our own; an
   * address cannot be pointed elsewhere.
   */
  private static void ownName(Call call) {
    HostAndPort authority = call.request().authority();
    if (authority == null || !ADDRESS.matcher(authority.host()).matches()) {
      throw new Refusal(
          JobError.ORIGIN_NOT_ALLOWED,
          "workers are stopped only by way of localhost or an address, such as http://127.0.0.1");
    }
  }
}
