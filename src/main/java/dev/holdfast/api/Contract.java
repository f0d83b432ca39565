package dev.holdfast.api;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.openapi.contract.OpenAPIContract;
import io.vertx.openapi.contract.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The file {@code openapi.yaml}, read once for a process. Safe for use by many threads. */
final class Contract {

  private static final String RESOURCE = "/openapi.yaml";

  private @Nullable Future<Contract.Read> read;

  /** Media types that the library knows no better than as bytes. */
  private static final Set<String> OPAQUE =
      Set.of("application/x-ndjson", "application/jsonl", "application/yaml", "text/event-stream");

  /**
   * @param contract as the library can take it
   * @param json the file as it is
   * @param text the file as it is
   */
  record Read(OpenAPIContract contract, JsonObject json, Buffer text) {

    /** What the file says of an operation. */
    JsonObject operation(Operation operation) {
      String method = operation.getHttpMethod().name().toLowerCase(Locale.ROOT);
      return json.getJsonObject("paths")
          .getJsonObject(operation.getOpenAPIPath())
          .getJsonObject(method);
    }
  }

  synchronized Future<Read> read(Vertx vertx) {
    if (read == null) {
      read =
          vertx
              .executeBlocking(Contract::text)
              .compose(
                  text ->
                      vertx
                          .executeBlocking(() -> json(text))
                          .compose(
                              json ->
                                  OpenAPIContract.from(vertx, (JsonObject) forLibrary(json.copy()))
                                      .map(contract -> new Read(contract, json, text))));
    }
    return read;
  }

  /**
   * The library refuses a contract with media types that it cannot check. For its eyes a problem is
   * JSON, and lines and YAML are bytes.
   */
  private static Object forLibrary(Object value) {
    if (value instanceof JsonArray array) {
      array.forEach(Contract::forLibrary);
    }
    if (!(value instanceof JsonObject object)) {
      return value;
    }
    if (object.getValue("content") instanceof JsonObject content) {
      JsonObject known = new JsonObject();
      for (String type : content.fieldNames()) {
        if (OPAQUE.contains(type)) {
          // bytes have no schema, and without one the library takes no examples either
          known.put("application/octet-stream", new JsonObject());
        } else {
          known.put(
              type.equals(Problems.MEDIA_TYPE) ? "application/json" : type, content.getValue(type));
        }
      }
      object.put("content", known);
    }
    object.fieldNames().forEach(name -> forLibrary(object.getValue(name)));
    return object;
  }

  private static Buffer text() throws IOException {
    try (InputStream in = Contract.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IOException("the contract is missing from the class path: " + RESOURCE);
      }
      return Buffer.buffer(in.readAllBytes());
    }
  }

  @SuppressWarnings("unchecked")
  private static JsonObject json(Buffer text) throws IOException {
    Map<String, Object> yaml =
        new ObjectMapper(new YAMLFactory()).readValue(text.getBytes(), LinkedHashMap.class);
    return new JsonObject(yaml);
  }
}
