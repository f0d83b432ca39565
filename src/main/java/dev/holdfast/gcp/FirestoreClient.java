package dev.holdfast.gcp;

import com.google.cloud.NoCredentials;
import com.google.cloud.firestore.Firestore;
import com.google.cloud.firestore.FirestoreOptions;
import io.grpc.ClientInterceptor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/** Opens Firestore as {@link GcpOptions} say, with {@link FirestoreCalls} under it. */
final class FirestoreClient {

  private FirestoreClient() {}

  /**
   * Opens a client; nothing is sent before the first call. The caller closes it.
   *
   * @param interceptors see every call, retries counted in
   * @throws UncheckedIOException if there are no credentials
   */
  static Firestore open(GcpOptions options, List<ClientInterceptor> interceptors) {
    return FirestoreOptions.newBuilder()
        .setProjectId(options.project())
        .setDatabaseId(options.database())
        // FirestoreCalls has its own; without this the library would look for some here too
        .setCredentials(NoCredentials.getInstance())
        .setServiceRpcFactory(
            library -> {
              try {
                return new FirestoreCalls(options, interceptors);
              } catch (IOException e) {
                throw new UncheckedIOException("There are no credentials for Firestore.", e);
              }
            })
        .build()
        .getService();
  }
}
