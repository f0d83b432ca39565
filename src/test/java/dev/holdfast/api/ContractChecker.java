package dev.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import io.vertx.openapi.contract.Operation;
import io.vertx.openapi.contract.Parameter;
import io.vertx.openapi.contract.Response;
import io.vertx.openapi.validation.ResponseValidator;
import io.vertx.openapi.validation.ValidatableResponse;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Holds every answer against the contract. */
final class ContractChecker {

  private final Contract.Read contract;
  private final ResponseValidator validator;
  private final Set<String> operationsSeen = ConcurrentHashMap.newKeySet();

  ContractChecker(Vertx vertx) throws Exception {
    contract =
        new Contract()
            .read(vertx)
            .toCompletionStage()
            .toCompletableFuture()
            .get(30, TimeUnit.SECONDS);
    validator = ResponseValidator.create(vertx, contract.contract());
  }

  Set<String> operations() {
    return contract.contract().operations().stream()
        .map(Operation::getOperationId)
        .collect(Collectors.toSet());
  }

  Set<String> operationsSeen() {
    return operationsSeen;
  }

  void check(String method, String path, Answer answer) throws Exception {
    Operation operation =
        contract
            .contract()
            .findOperation(path.replaceFirst("\\?.*", ""), HttpMethod.valueOf(method));
    String type = answer.header("Content-Type");
    if (operation == null && answer.status() < 400) {
      // a page: it has no contract
      return;
    }
    if (operation == null) {
      // any operation's problem will do
      validate(contract.contract().operation("getStats"), answer, "application/json");
      return;
    }
    operationsSeen.add(operation.getOperationId());
    JsonObject response =
        contract
            .operation(operation)
            .getJsonObject("responses")
            .getJsonObject(Integer.toString(answer.status()));
    if (response == null) {
      assertThat(type).as("an answer with %d", answer.status()).isEqualTo(Problems.MEDIA_TYPE);
      validate(operation, answer, "application/json");
    } else if (response.containsKey("content")) {
      assertThat(response.getJsonObject("content").fieldNames()).contains(type);
      validate(
          operation, answer, type.equals("application/json") ? type : "application/octet-stream");
    } else {
      assertThat(answer.body()).isEmpty();
    }
  }

  /**
   * @param type as the library's view of the contract calls it
   */
  private void validate(Operation operation, Answer answer, String type) throws Exception {
    Response declared = operation.getResponse(answer.status());
    Map<String, String> headers = new TreeMap<>();
    (declared == null ? operation.getDefaultResponse() : declared)
        .getHeaders().stream()
            .map(Parameter::getName)
            .filter(name -> answer.headers().containsKey(name))
            .forEach(name -> headers.put(name, answer.header(name)));
    if (answer.body().isEmpty()) {
      return;
    }
    validator
        .validate(
            ValidatableResponse.create(
                answer.status(), headers, Buffer.buffer(answer.body()), type),
            operation.getOperationId())
        .toCompletionStage()
        .toCompletableFuture()
        .get(10, TimeUnit.SECONDS);
  }
}
