package dev.holdfast.api;

import dev.holdfast.console.Console;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobId;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.openapi.router.OpenAPIRoute;
import io.vertx.ext.web.openapi.router.RouterBuilder;
import io.vertx.openapi.contract.Operation;
import io.vertx.openapi.contract.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * From the contract to a router: what every request goes through before its operation's handler,
 * and what becomes of what the handler says.
 */
final class ApiRouter {

  static final String REQUEST_ID = "holdfast.request.id";

  private static final String REQUEST_ID_HEADER = "Holdfast-Request-Id";
  private static final String PERMIT = "holdfast.permit";
  private static final int HEADERS_MAX = 100;

  private final Contract.Read contract;
  private final Map<String, Handler> handlers;
  private final Permits inFlight;
  private final BodyReader bodies;
  private final Connections connections;
  private final Problems problems;

  /** Answers one operation; a failed future or an exception becomes a problem. */
  interface Handler {
    Future<?> handle(Call call);
  }

  /**
   * @param handlers by operation id; together they must be the contract's operations
   */
  ApiRouter(
      Contract.Read contract,
      Map<String, Handler> handlers,
      Permits inFlight,
      BodyReader bodies,
      Connections connections,
      Problems problems) {
    this.contract = contract;
    this.handlers = handlers;
    this.inFlight = inFlight;
    this.bodies = bodies;
    this.connections = connections;
    this.problems = problems;
  }

  /**
   * @param console the pages beside the contract
   */
  Router create(Vertx vertx, Console console) {
    RouterBuilder builder = RouterBuilder.create(vertx, contract.contract());
    if (!new TreeSet<>(handlers.keySet()).equals(operationIds())) {
      throw new IllegalStateException(
          "the contract has the operations %s, there are handlers for %s"
              .formatted(operationIds(), new TreeSet<>(handlers.keySet())));
    }
    builder.rootHandler(this::enter);
    handlers.forEach(
        (id, handler) -> {
          OpenAPIRoute route = builder.getRoute(id);
          OperationCheck check = new OperationCheck(route.getOperation(), contract);
          route.setDoValidation(false).addHandler(rc -> serve(rc, check, handler));
        });
    Router router = builder.createRouter();
    console.mount(router);
    router.errorHandler(404, rc -> problem(rc, noSuchRoute(rc)));
    router.errorHandler(405, rc -> problem(rc, notAllowed(rc)));
    router.errorHandler(400, rc -> problem(rc, malformed()));
    router.errorHandler(500, rc -> problem(rc, rc.failure()));
    return router;
  }

  private Set<String> operationIds() {
    return contract.contract().operations().stream()
        .map(Operation::getOperationId)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private void enter(RoutingContext rc) {
    name(rc);
    connections.asked(rc.request().connection());
    rc.addEndHandler(ended -> connections.answered(rc.request().connection()));
    Optional<Permits.Permit> permit = inFlight.take();
    if (permit.isEmpty()) {
      problem(
          rc,
          new Refusal(
              JobError.UNAVAILABLE,
              "%d requests are being answered already; try again".formatted(inFlight.max())));
      return;
    }
    rc.addEndHandler(ended -> permit.get().giveBack());
    rc.put(PERMIT, permit.get());
    int headers = 0;
    for (Map.Entry<String, String> header : rc.request().headers()) {
      if (++headers > HEADERS_MAX || header.getKey().isEmpty()) {
        problem(rc, badHeaders());
        return;
      }
    }
    rc.next();
  }

  private static Refusal badHeaders() {
    return new Refusal(
        JobError.INVALID_REQUEST,
        431,
        "a request can have at most %d headers, each with a name".formatted(HEADERS_MAX));
  }

  private static void name(RoutingContext rc) {
    String id = "req_" + JobId.randomToken();
    rc.put(REQUEST_ID, id);
    rc.response().putHeader(REQUEST_ID_HEADER, id).putHeader("X-Content-Type-Options", "nosniff");
  }

  private void serve(RoutingContext rc, OperationCheck check, Handler handler) {
    try {
      SameOrigin.check(rc.request());
      Map<String, Object> parameters = check.parameters(rc);
      String mediaType = check.produces(rc.request());
      check.contentType(rc.request());
      Permits.Permit permit = rc.get(PERMIT);
      Future<Buffer> body =
          check.takesJson() ? bodies.read(rc.request()) : Future.succeededFuture(Buffer.buffer());
      body.compose(
              bytes -> handler.handle(new Call(rc, check, parameters, bytes, mediaType, permit)))
          .onFailure(failure -> problem(rc, failure));
    } catch (RuntimeException e) {
      problem(rc, e);
    }
  }

  private void problem(RoutingContext rc, Throwable failure) {
    if (failure instanceof Refusal refusal && refusal.closes()) {
      connections.closeSoon(rc.request().connection());
    }
    problems.write(rc.response(), rc.get(REQUEST_ID), failure);
  }

  /** A request that HTTP itself does not allow: it never comes to the router. */
  void invalid(HttpServerRequest request) {
    String id = "req_" + JobId.randomToken();
    request.response().putHeader(REQUEST_ID_HEADER, id).putHeader("Connection", "close");
    problems.write(request.response(), id, InvalidRequest.refusal(request));
  }

  private Refusal noSuchRoute(RoutingContext rc) {
    return new Refusal(
        JobError.ROUTE_NOT_FOUND,
        "there is nothing at %s; /openapi.yaml says what there is"
            .formatted(SchemaCheck.shown(String.valueOf(rc.request().path()))));
  }

  private Refusal notAllowed(RoutingContext rc) {
    Path path = contract.contract().findPath(rc.normalizedPath());
    List<Operation> operations = path == null ? List.of() : path.getOperations();
    String allowed =
        path == null
            ? "GET, HEAD"
            : operations.stream()
                .map(operation -> operation.getHttpMethod().name())
                .sorted()
                .collect(Collectors.joining(", "));
    return new Refusal(
            JobError.METHOD_NOT_ALLOWED,
            "%s is not allowed here; allowed is %s"
                .formatted(SchemaCheck.shown(rc.request().method().name()), allowed))
        .header("Allow", allowed);
  }

  private static Refusal malformed() {
    return new Refusal(
        JobError.INVALID_REQUEST,
        "the path or the query is malformed: what is not plain must be percent-encoded UTF-8");
  }
}
