package dev.holdfast.api;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobId;
import dev.holdfast.live.Feed;
import dev.holdfast.live.Snapshot;
import dev.holdfast.live.Subscriber;
import io.vertx.core.Future;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.ServerWebSocket;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** {@code GET /v1/jobs/{id}/events} and {@code GET /v1/events}: WebSockets and SSE. */
final class EventRoutes {

  private final Feed feed;
  private final Streams streams;
  private final Connections connections;
  private final ApiOptions.Streams limits;
  private final Clocked clock;
  private final EventJson json;

  EventRoutes(
      Feed feed,
      Streams streams,
      Connections connections,
      ApiOptions.Streams limits,
      Clocked clock) {
    this.feed = feed;
    this.streams = streams;
    this.connections = connections;
    this.limits = limits;
    this.clock = clock;
    this.json = new EventJson(clock);
  }

  Future<?> job(Call call) {
    JobId id = JobRoutes.id(call);
    Optional<Long> since =
        call.text("Last-Event-ID").map(Long::valueOf).or(() -> call.number("since"));
    Map<JobId, Long> had = new LinkedHashMap<>();
    since.ifPresent(version -> had.put(id, version));
    boolean socket = Upgrade.wanted(call.request());
    return open(
        call,
        socket,
        subscriber -> subscriber.subscribe(List.of(id), had),
        (subscriber, looked) -> {
          Snapshot snapshot = looked.found().get(id);
          boolean over =
              snapshot != null && snapshot.job().state().terminal() && subscriber.isIdle();
          if (!socket && over) {
            // the HTML standard: an EventSource that is answered so connects no more
            return call.response().setStatusCode(204).end().map(sent -> Opening.NOTHING);
          }
          return wire(call, socket, job -> Long.toString(job.version()))
              .map(wire -> new Opening(Optional.of(wire), true, over));
        });
  }

  Future<?> events(Call call) {
    boolean socket = Upgrade.wanted(call.request());
    List<JobId> ids = new ArrayList<>();
    for (String text : call.texts("job")) {
      ids.add(JobId.parse(text).orElseThrow(() -> JobRoutes.noSuchJob(text)));
    }
    Optional<Map.Entry<String, String>> label = call.text("label").map(JobRoutes::label);
    return open(
        call,
        socket,
        subscriber -> {
          if (label.isPresent()) {
            subscriber.subscribe(Map.of(label.get().getKey(), label.get().getValue()));
          } else if (ids.isEmpty() && !socket) {
            subscriber.subscribe(Map.of());
          }
          return subscriber.subscribe(ids, LastEventId.of(call.text("Last-Event-ID")));
        },
        (subscriber, looked) ->
            wire(call, socket, job -> job.id() + ":" + job.version())
                .map(wire -> new Opening(Optional.of(wire), false, false)));
  }

  /**
   * What became of a request for a stream.
   *
   * @param wire empty if it is answered otherwise
   * @param endsWithJob whether it is about one job and ends when that does
   * @param over whether there will be no news on it
   */
  private record Opening(Optional<Wire> wire, boolean endsWithJob, boolean over) {
    static final Opening NOTHING = new Opening(Optional.empty(), false, true);
  }

  private interface Begin {
    Future<Opening> begin(Subscriber subscriber, Subscriber.Looked looked);
  }

  /** Looks first and upgrades then, so that what is wrong can be said as a problem. */
  private Future<?> open(
      Call call,
      boolean socket,
      Function<Subscriber, Future<Subscriber.Looked>> subscribe,
      Begin begin) {
    if (socket) {
      Upgrade.checkOrigin(call.request());
      // a request that has been read to its end can no longer be upgraded
      call.request().pause();
    }
    Permits.Permit place = streams.take();
    call.permit().giveBack();
    Subscriber subscriber = new Subscriber(feed, limits.waitingMax());
    return subscribe
        .apply(subscriber)
        .compose(
            looked ->
                looked.unknown().isEmpty()
                    ? begin.begin(subscriber, looked)
                    : Future.failedFuture(JobRoutes.noSuchJob(looked.unknown().get(0).value())))
        .onSuccess(opening -> begun(subscriber, place, opening))
        .onFailure(
            failure -> {
              subscriber.close();
              place.giveBack();
              if (socket) {
                call.request().resume();
              }
            });
  }

  private void begun(Subscriber subscriber, Permits.Permit place, Opening opening) {
    if (opening.wire().isEmpty()) {
      subscriber.close();
      place.giveBack();
      return;
    }
    Wire wire = opening.wire().get();
    LiveStream stream = new LiveStream(subscriber, wire, opening.endsWithJob());
    if (wire instanceof SocketWire socket) {
      socket.hear(
          new SocketCommands(
              stream,
              socket,
              new FrameBudget(limits.framesPerSecondMax(), clock::nanos),
              opening.endsWithJob() ? 0 : limits.subscriptionsMax()));
    }
    streams.open(stream, place);
    if (opening.over()) {
      wire.close(Wire.Close.DONE, "the job has ended");
    }
  }

  private Future<Wire> wire(Call call, boolean socket, Function<Job, String> ids) {
    int unansweredMax = limits.unansweredPingsMax();
    if (socket) {
      HttpConnection connection = call.request().connection();
      Future<ServerWebSocket> upgraded = call.request().toWebSocket();
      return upgraded
          .onSuccess(ws -> connections.upgraded(connection))
          .map(ws -> new SocketWire(ws, json, clock, () -> Upgrade.cut(connection), unansweredMax));
    }
    if (call.gone()) {
      return Future.failedFuture(
          new Refusal(JobError.UNAVAILABLE, "the client is gone: nobody reads this"));
    }
    return Future.succeededFuture(new SseWire(call.rc(), json, ids, unansweredMax));
  }
}
