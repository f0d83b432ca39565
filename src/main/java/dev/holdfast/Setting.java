package dev.holdfast;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Every setting there is: its key in the environment, its flag, its default. */
enum Setting {
  BACKEND("embedded", "embedded: files of this machine; gcp: Google Cloud"),
  DATA("./data", "where jobs, inputs and results are kept"),
  GCP_PROJECT("", "the Google Cloud project's id"),
  GCP_REGION(
      "", "the region of the Pub/Sub endpoint and the bucket; empty for the global endpoint"),
  GCP_BUCKET("", "the bucket for uploaded inputs and results"),
  GCP_INPUT_BUCKETS("", "buckets whose objects jobs may name as gs: inputs, with commas between"),
  GCP_DATABASE("(default)", "the Firestore database's id"),
  MODELS("./holdfast.yaml", "the file that declares the models"),
  INPUT_ROOT("", "the directory below which jobs may name file: inputs; empty for none"),
  HOST("127.0.0.1", "the address to listen on"),
  PORT("8080", "the port of the API, 0 for any free one"),
  MANAGEMENT_PORT("", "the port of health and metrics: 9090, or 9091 for a worker; 0 for any"),
  REUSE_PORT(
      "false",
      "true: an API that takes another's place may listen on its ports before that one ends; Linux"),
  WORKER_ID("", "the worker's name; made from host and process if empty"),
  NODE("", "the name of the worker's machine; the host's if empty"),
  ZONE("", "the worker's zone; if empty, a cloud named in HOLDFAST_EVICTION_NOTICES is asked"),
  SPOT("", "true or false: whether the machine can be reclaimed; if empty, asked like the zone"),
  MACHINE(
      "", "the kind of the worker's machine, such as g2-standard-8; if empty, asked like the zone"),
  SLOTS("256", "how many deliveries a worker may hold"),
  LEASE("30s", "how long a silent worker keeps its job, 3s to 600s"),
  CHECKPOINT(
      "auto", "how much work a lost worker may cost, 200ms to 5m; auto: 5s to 5m, as is best"),
  INTERRUPTIONS_EVERY(
      "1h", "what auto takes for the time between lost workers until some were lost, 1m to 720h"),
  SCRATCH("", "a local directory where a worker's parts wait for the object store; empty for none"),
  WARM_UP(
      "10s",
      "how long a worker measures what the models' file leaves open, 0s to 2m; 0s: not at all"),
  CACHE("", "where a worker keeps what it measured; the directory cache in HOLDFAST_DATA if empty"),
  GRACE("12s", "how long an orderly exit may take, 1s to 10m"),
  EVICTION_NOTICES(
      "", "where a worker hears of its eviction beside SIGTERM: gce, aws, azure, http, file:PATH"),
  WEBHOOK_SECRETS(
      "", "secrets that sign webhooks, whsec_ and base64, newest first; empty for no webhooks"),
  WEBHOOK_ALLOW("", "blocks of addresses that webhooks may call though they are not public"),
  WORKER_HEAP("256m", "the heap of each worker process that 'local' and 'demo' start"),
  LOG_LEVEL("info", "error, warn, info, debug or trace"),
  LOG_FORMAT("text", "text, or json: a line of JSON each, as Cloud Logging reads it"),
  PRICE_PER_HOUR("", "what a worker's machine costs an hour, in any currency; empty for no cost"),
  POD_DELETION_COST(
      "false", "true: a worker in a Kubernetes pod says what is lost if it is scaled in"),
  SERVER("http://127.0.0.1:8080", "the server that the client verbs talk to"),
  JAVA_OPTS("", "more flags for Java, read by the launcher");

  static final String PREFIX = "HOLDFAST_";

  private final String standard;
  private final String meaning;

  Setting(String standard, String meaning) {
    this.standard = standard;
    this.meaning = meaning;
  }

  /** Its name in the environment, such as {@code HOLDFAST_PORT}. */
  String key() {
    return PREFIX + name();
  }

  /** Its default as it would be written, empty if there is none. */
  String standard() {
    return standard;
  }

  /** One line of help. */
  String meaning() {
    return meaning;
  }

  static List<String> keys() {
    return Arrays.stream(values()).map(Setting::key).toList();
  }

  static Optional<Setting> ofKey(String key) {
    return Arrays.stream(values()).filter(setting -> setting.key().equals(key)).findFirst();
  }
}
