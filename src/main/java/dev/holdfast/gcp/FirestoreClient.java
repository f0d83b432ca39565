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

  /** For who has no job in hand. */
  static Firestore open(GcpOptions options, List<ClientInterceptor> interceptors) {
    return open(options, interceptors, new InHand());
  }

  /**
   * Opens a client; nothing is sent before the first call. The caller closes it.
   *
   * @param interceptors see every call, retries counted in
   * @param inHand what this process has to do
   * @throws UncheckedIOException if there are no credentials
   */
  static Firestore open(GcpOptions options, List<ClientInterceptor> interceptors, InHand inHand) {
    return FirestoreOptions.newBuilder()
        .setProjectId(options.project())
        .setDatabaseId(options.database())
        // FirestoreCalls has its own; without this the library would look for some here too
        .setCredentials(NoCredentials.getInstance())
        .setServiceRpcFactory(
            library -> {
              try {
                return new FirestoreCalls(options, interceptors, inHand);
              } catch (IOException e) {
                throw new UncheckedIOException("There are no credentials for Firestore.", e);
              }
            })
        .build()
        .getService();
  }
}
