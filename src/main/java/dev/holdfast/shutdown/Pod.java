package dev.holdfast.shutdown;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * What a pod knows of itself and of the way to its API server
 * (kubernetes.io/docs/tasks/run-application/access-api-from-pod).
 *
 * @param serviceAccount the directory with the token, which is exchanged now and then, and the
 *     server's authority
 */
record Pod(String host, int port, Path serviceAccount, String namespace, String name) {

  private static final Path SERVICE_ACCOUNT =
      Path.of("/var/run/secrets/kubernetes.io/serviceaccount");

  Path token() {
    return serviceAccount.resolve("token");
  }

  Path authority() {
    return serviceAccount.resolve("ca.crt");
  }

  /** Empty outside of a pod, and in one that was given no way to its API server. Blocks. */
  static Optional<Pod> of(Map<String, String> environment) {
    return of(environment, SERVICE_ACCOUNT);
  }

  static Optional<Pod> of(Map<String, String> environment, Path serviceAccount) {
    String host = environment.get("KUBERNETES_SERVICE_HOST");
    String port = environment.get("KUBERNETES_SERVICE_PORT");
    String name = environment.get("HOSTNAME");
    if (host == null || port == null || name == null) {
      return Optional.empty();
    }
    try {
      String namespace = Files.readString(serviceAccount.resolve("namespace")).strip();
      Pod pod = new Pod(host, Integer.parseInt(port), serviceAccount, namespace, name);
      return Files.isReadable(pod.token()) && Files.isReadable(pod.authority())
          ? Optional.of(pod)
          : Optional.empty();
    } catch (IOException | NumberFormatException e) {
      return Optional.empty();
    }
  }
}
