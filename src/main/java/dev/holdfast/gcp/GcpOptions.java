package dev.holdfast.gcp;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Where on Google Cloud this Holdfast lives.
 *
 * @param project the project's id
 * @param region of the Pub/Sub endpoint, such as {@code europe-west4}; empty for the global one
 * @param database the Firestore database's id
 * @param bucket for uploaded inputs and results
 * @param inputBuckets buckets from which jobs may name {@code gs:} inputs
 * @param pubSubEmulator {@code host:port} of an emulator in place of Pub/Sub
 * @param firestoreEmulator {@code host:port} of an emulator in place of Firestore
 * @param storageEmulator URL of an endpoint in place of Cloud Storage
 */
public record GcpOptions(
    String project,
    Optional<String> region,
    String database,
    String bucket,
    Set<String> inputBuckets,
    Optional<String> pubSubEmulator,
    Optional<String> firestoreEmulator,
    Optional<String> storageEmulator) {

  /** What Firestore calls a project's first database. */
  public static final String DEFAULT_DATABASE = "(default)";

  private static final String PUBSUB_VARIABLE = "PUBSUB_EMULATOR_HOST";
  private static final String FIRESTORE_VARIABLE = "FIRESTORE_EMULATOR_HOST";
  private static final String STORAGE_VARIABLE = "STORAGE_EMULATOR_HOST";

  public GcpOptions {
    inputBuckets = Set.copyOf(inputBuckets);
  }

  /** The same place on the emulators that the environment names by the usual variables, if any. */
  public GcpOptions withEmulators(Map<String, String> environment) {
    return new GcpOptions(
        project,
        region,
        database,
        bucket,
        inputBuckets,
        named(environment, PUBSUB_VARIABLE),
        named(environment, FIRESTORE_VARIABLE),
        named(environment, STORAGE_VARIABLE));
  }

  /** The emulators as the variables that name them. */
  public Map<String, String> emulators() {
    Map<String, String> variables = new TreeMap<>();
    pubSubEmulator.ifPresent(host -> variables.put(PUBSUB_VARIABLE, host));
    firestoreEmulator.ifPresent(host -> variables.put(FIRESTORE_VARIABLE, host));
    storageEmulator.ifPresent(url -> variables.put(STORAGE_VARIABLE, url));
    return variables;
  }

  private static Optional<String> named(Map<String, String> environment, String variable) {
    return Optional.ofNullable(environment.get(variable)).filter(host -> !host.isBlank());
  }
}
