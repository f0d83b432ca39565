package dev.holdfast.api;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One request that kept to the contract, and its answer.
 *
 * @param parameters of the query and the headers, by the contract's names
 * @param body empty if the operation takes no JSON
 * @param mediaType of the answer, as the client wants it
 */
record Call(
    RoutingContext rc,
    OperationCheck check,
    Map<String, Object> parameters,
    Buffer body,
    String mediaType,
    Permits.Permit permit) {

  HttpServerRequest request() {
    return rc.request();
  }

  HttpServerResponse response() {
    return rc.response();
  }

  String requestId() {
    return rc.get(ApiRouter.REQUEST_ID);
  }

  /** A part of the path. */
  String path(String name) {
    String value = rc.pathParam(name);
    return value == null ? "" : value;
  }

  Optional<String> text(String name) {
    return Optional.ofNullable((String) parameters.get(name));
  }

  /** The values of a parameter that can be there many times. */
  @SuppressWarnings("unchecked")
  List<String> texts(String name) {
    return (List<String>) parameters.getOrDefault(name, List.of());
  }

  Optional<Long> number(String name) {
    return Optional.ofNullable((Long) parameters.get(name));
  }

  boolean flag(String name) {
    return Boolean.TRUE.equals(parameters.get(name));
  }

  /** Whether nobody waits for the answer any more. */
  boolean gone() {
    return response().closed();
  }

  Future<Void> reply(int status, JsonObject json) {
    return response()
        .setStatusCode(status)
        .putHeader("Content-Type", "application/json")
        .end(json.toBuffer());
  }
}
