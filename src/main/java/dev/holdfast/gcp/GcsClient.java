package dev.holdfast.gcp;

import com.google.api.gax.retrying.RetrySettings;
import com.google.cloud.NoCredentials;
import com.google.cloud.http.HttpTransportOptions;
import com.google.cloud.storage.Storage;
import com.google.cloud.storage.StorageOptions;
import com.google.cloud.storage.StorageRetryStrategy;
import dev.holdfast.adapter.BoundedThreads;
import java.time.Duration;

/** How Cloud Storage is called: with which patience, and on how many threads at once. */
final class GcsClient {

  private static final Duration CONNECT_MAX = Duration.ofSeconds(2);

  /** How long one attempt waits for the service to say something. */
  private static final Duration SILENCE_MAX = Duration.ofSeconds(3);

  /**
   * After so long no further attempt begins. The client's own default, 50 s, is longer than the
   * whole drain of a worker.
   */
  private static final Duration ATTEMPTS_MAX = Duration.ofSeconds(5);

  private static final int ATTEMPTS = 4;

  /** For inputs on their way in, which no drain waits for. */
  private static final Duration PATIENT_SILENCE_MAX = Duration.ofSeconds(20);

  private static final Duration PATIENT_ATTEMPTS_MAX = Duration.ofSeconds(60);

  private static final int PATIENT_ATTEMPTS = 8;

  private static final Duration RETRY_DELAY = Duration.ofMillis(150);
  private static final Duration RETRY_DELAY_MAX = Duration.ofSeconds(1);

  /** The client blocks, so each call has a thread while it lasts. */
  private static final int CALLS_AT_ONCE = 32;

  private static final int CALLS_WAITING_MAX = 512;

  /** Read by the JDK's HTTP client at its first use; it keeps 5 connections open otherwise. */
  private static final String CONNECTIONS_KEPT = "http.maxConnections";

  private GcsClient() {}

  /** A client for the project; whoever opens it closes it. */
  static Storage open(GcpOptions options) {
    if (System.getProperty(CONNECTIONS_KEPT) == null) {
      System.setProperty(CONNECTIONS_KEPT, Integer.toString(CALLS_AT_ONCE));
    }
    StorageOptions.Builder storage =
        StorageOptions.http()
            .setProjectId(options.project())
            .setTransportOptions(transport(SILENCE_MAX))
            .setRetrySettings(retries(ATTEMPTS, ATTEMPTS_MAX));
    options
        .storageEmulator()
        .ifPresent(
            host ->
                storage
                    .setHost(host.contains("://") ? host : "http://" + host)
                    .setCredentials(NoCredentials.getInstance()));
    return storage.build().getService();
  }

  /** The same place, for calls that move much and may take long. */
  static Storage patient(Storage storage) {
    return storage.getOptions().toBuilder()
        .setTransportOptions(transport(PATIENT_SILENCE_MAX))
        .setRetrySettings(retries(PATIENT_ATTEMPTS, PATIENT_ATTEMPTS_MAX))
        .build()
        .getService();
  }

  /**
   * The same place, for calls that the client takes for unsafe to repeat and that are not: whoever
   * deletes what is never written again may delete it twice.
   */
  static Storage repeating(Storage storage) {
    return storage.getOptions().toBuilder()
        .setStorageRetryStrategy(StorageRetryStrategy.getUniformStorageRetryStrategy())
        .build()
        .getService();
  }

  /** Threads for all calls of one process. */
  static BoundedThreads threads() {
    return new BoundedThreads("cloud-storage", CALLS_AT_ONCE, CALLS_WAITING_MAX);
  }

  private static HttpTransportOptions transport(Duration silenceMax) {
    return HttpTransportOptions.newBuilder()
        .setConnectTimeout((int) CONNECT_MAX.toMillis())
        .setReadTimeout((int) silenceMax.toMillis())
        .build();
  }

  private static RetrySettings retries(int attempts, Duration attemptsMax) {
    return RetrySettings.newBuilder()
        .setMaxAttempts(attempts)
        .setInitialRetryDelayDuration(RETRY_DELAY)
        .setRetryDelayMultiplier(2)
        .setMaxRetryDelayDuration(RETRY_DELAY_MAX)
        .setTotalTimeoutDuration(attemptsMax)
        .build();
  }
}
