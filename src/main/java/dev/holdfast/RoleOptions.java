package dev.holdfast;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The flags of the verbs that serve: each stands for a setting and wins over the environment. */
final class RoleOptions {

  @Option(
      names = "--backend",
      paramLabel = "KIND",
      description = "HOLDFAST_BACKEND: embedded or gcp")
  String backend;

  @Option(
      names = "--gcp-project",
      paramLabel = "ID",
      description = "HOLDFAST_GCP_PROJECT: the Google Cloud project")
  String gcpProject;

  @Option(
      names = "--gcp-bucket",
      paramLabel = "NAME",
      description = "HOLDFAST_GCP_BUCKET: inputs and results")
  String gcpBucket;

  @Option(names = "--data", paramLabel = "DIR", description = "HOLDFAST_DATA: jobs and results")
  String data;

  @Option(names = "--models", paramLabel = "FILE", description = "HOLDFAST_MODELS: the models")
  String models;

  @Option(
      names = "--input-root",
      paramLabel = "DIR",
      description = "HOLDFAST_INPUT_ROOT: where file: inputs may lie")
  String inputRoot;

  @Option(names = "--host", description = "HOLDFAST_HOST: the address to listen on")
  String host;

  @Option(names = "--port", description = "HOLDFAST_PORT: the port of the API, 0 for any")
  String port;

  @Option(
      names = "--management-port",
      paramLabel = "PORT",
      description = "HOLDFAST_MANAGEMENT_PORT: health and metrics, 0 for any")
  String managementPort;

  @Option(names = "--worker-id", paramLabel = "ID", description = "HOLDFAST_WORKER_ID")
  String workerId;

  @Option(
      names = "--slots",
      paramLabel = "N",
      description = "HOLDFAST_SLOTS: deliveries a worker may hold")
  String slots;

  @Option(
      names = "--lease",
      paramLabel = "TIME",
      description = "HOLDFAST_LEASE: how long a silent worker keeps its job")
  String lease;

  @Option(
      names = "--checkpoint",
      paramLabel = "TIME",
      description = "HOLDFAST_CHECKPOINT: how much work a lost worker may cost, or auto")
  String checkpoint;

  @Option(
      names = "--grace",
      paramLabel = "TIME",
      description = "HOLDFAST_GRACE: how long an orderly exit may take")
  String grace;

  @Option(
      names = "--worker-heap",
      paramLabel = "SIZE",
      description = "HOLDFAST_WORKER_HEAP: the heap of a worker that is started here")
  String workerHeap;

  /** The environment, overlaid by the flags that were given. */
  Map<String, String> over(Map<String, String> environment) {
    Map<String, String> values = new LinkedHashMap<>(environment);
    put(values, Setting.BACKEND, backend);
    put(values, Setting.GCP_PROJECT, gcpProject);
    put(values, Setting.GCP_BUCKET, gcpBucket);
    put(values, Setting.DATA, data);
    put(values, Setting.MODELS, models);
    put(values, Setting.INPUT_ROOT, inputRoot);
    put(values, Setting.HOST, host);
    put(values, Setting.PORT, port);
    put(values, Setting.MANAGEMENT_PORT, managementPort);
    put(values, Setting.WORKER_ID, workerId);
    put(values, Setting.SLOTS, slots);
    put(values, Setting.LEASE, lease);
    put(values, Setting.CHECKPOINT, checkpoint);
    put(values, Setting.GRACE, grace);
    put(values, Setting.WORKER_HEAP, workerHeap);
    return values;
  }

  private static void put(Map<String, String> values, Setting setting, @Nullable String flag) {
    if (flag != null) {
      values.put(setting.key(), flag);
    }
  }
}
