package dev.holdfast.emulator;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/** A request that the storage endpoint refuses, in the JSON API's own words. */
final class StorageRefusal extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final int status;
  private final String reason;

  private StorageRefusal(int status, String reason, String message) {
    super(message, null, false, false);
    this.status = status;
    this.reason = reason;
  }

  static StorageRefusal invalid(String message) {
    return new StorageRefusal(400, "invalid", message);
  }

  static StorageRefusal noBucket() {
    return new StorageRefusal(404, "notFound", "The specified bucket does not exist.");
  }

  static StorageRefusal noObject(String bucket, String name) {
    return new StorageRefusal(404, "notFound", "No such object: " + bucket + "/" + name);
  }

  static StorageRefusal noUpload() {
    return new StorageRefusal(410, "uploadGone", "The upload has ended or never began.");
  }

  static StorageRefusal notServed(String what) {
    return new StorageRefusal(501, "notImplemented", "This endpoint does not serve " + what + ".");
  }

  static StorageRefusal conflict(String message) {
    return new StorageRefusal(409, "conflict", message);
  }

  static StorageRefusal conditionNotMet() {
    return new StorageRefusal(
        412, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.");
  }

  static StorageRefusal tooLarge(String message) {
    return new StorageRefusal(413, "uploadTooLarge", message);
  }

  static StorageRefusal backend(String message) {
    return new StorageRefusal(503, "backendError", message);
  }

  int status() {
    return status;
  }

  JsonObject json() {
    JsonObject error =
        new JsonObject().put("domain", "global").put("reason", reason).put("message", getMessage());
    return new JsonObject()
        .put(
            "error",
            new JsonObject()
                .put("code", status)
                .put("message", getMessage())
                .put("errors", new JsonArray().add(error)));
  }
}
