package dev.holdfast.api;

import dev.holdfast.job.JobError;
import dev.holdfast.job.JobException;
import dev.holdfast.job.JobId;
import dev.holdfast.live.Subscriber;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The client's side of a socket: its frames, each of which is answered. A frame that cannot be
 * understood is answered and ends the socket, since whatever follows would be guesswork.
 */
final class SocketCommands implements SocketWire.Ear {

  private final LiveStream stream;
  private final SocketWire wire;
  private final FrameBudget budget;
  private final int subscriptionsMax;

  /**
   * @param subscriptionsMax jobs and labels at once; 0 if the socket is not asked for any
   */
  SocketCommands(LiveStream stream, SocketWire wire, FrameBudget budget, int subscriptionsMax) {
    this.stream = stream;
    this.wire = wire;
    this.budget = budget;
    this.subscriptionsMax = subscriptionsMax;
  }

  @Override
  public boolean frame() {
    boolean allowed = budget.spend();
    if (!allowed) {
      wire.close(
          Wire.Close.POLICY,
          "too many frames; %d a second are allowed".formatted(budget.perSecond()));
    }
    return allowed;
  }

  @Override
  public void binary() {
    refuse(new Refusal(JobError.INVALID_REQUEST, "frames must be text"));
  }

  @Override
  public void text(String text) {
    if (subscriptionsMax == 0) {
      refuse(new Refusal(JobError.INVALID_REQUEST, "this socket takes no frames"));
      return;
    }
    SocketCommand command;
    try {
      command = SocketCommand.parse(text);
    } catch (Refusal e) {
      refuse(e);
      return;
    }
    if (command.subscribes()) {
      subscribe(command);
    } else {
      unsubscribe(command);
    }
  }

  private void refuse(Refusal refusal) {
    wire.answer(new JsonObject().put("error", error(refusal)));
    wire.close(Wire.Close.POLICY, "a frame that is not allowed");
  }

  private static JsonObject error(Refusal refusal) {
    return new JsonObject().put("code", refusal.error().code()).put("message", refusal.detail());
  }

  private void subscribe(SocketCommand command) {
    Subscriber subscriber = stream.subscriber();
    Map<String, String> labels = command.labels();
    int more = labels == null ? subscriber.added(command.jobs()) : subscriber.added(labels);
    if (subscriber.size() + more > subscriptionsMax) {
      Refusal refusal =
          new Refusal(
              JobError.TOO_MANY_REQUESTS,
              "a socket can have %d subscriptions; it has %d, and nothing was added"
                  .formatted(subscriptionsMax, subscriber.size()));
      wire.answer(new JsonObject().put("error", error(refusal)).put("subscribed", new JsonArray()));
      return;
    }
    if (labels != null) {
      subscriber.subscribe(labels);
      wire.answer(new JsonObject().put("subscribed", command.asked()));
      return;
    }
    subscriber
        .subscribe(command.jobs(), command.since())
        .onSuccess(looked -> answer(command, looked))
        .onFailure(
            failure ->
                wire.answer(
                    new JsonObject()
                        .put("error", error(unavailable(failure)))
                        .put("subscribed", new JsonArray())));
  }

  private static Refusal unavailable(Throwable failure) {
    return failure instanceof Refusal refusal
        ? refusal
        : failure instanceof JobException e
            ? Refusal.of(e)
            : new Refusal(JobError.UNAVAILABLE, "the jobs could not be looked at; try again");
  }

  private void answer(SocketCommand command, Subscriber.Looked looked) {
    JsonArray known = new JsonArray();
    looked.found().keySet().forEach(id -> known.add(id.value()));
    List<String> unknown = new ArrayList<>(command.strange());
    looked.unknown().stream().map(JobId::value).forEach(unknown::add);
    JsonObject answer = new JsonObject();
    if (!unknown.isEmpty()) {
      Refusal refusal =
          new Refusal(
              JobError.JOB_NOT_FOUND,
              "there is no job %s%s"
                  .formatted(
                      unknown.get(0),
                      unknown.size() == 1 ? "" : " and %d more".formatted(unknown.size() - 1)));
      answer.put("error", error(refusal)).put("unknown", new JsonArray(unknown));
    }
    wire.answer(answer.put("subscribed", known));
  }

  private void unsubscribe(SocketCommand command) {
    Map<String, String> labels = command.labels();
    if (labels == null) {
      stream.subscriber().unsubscribe(command.jobs());
    } else {
      stream.subscriber().unsubscribe(labels);
    }
    wire.answer(new JsonObject().put("unsubscribed", command.asked()));
  }
}
