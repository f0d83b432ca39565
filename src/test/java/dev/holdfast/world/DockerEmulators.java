package dev.holdfast.world;

import dev.holdfast.emulator.Emulators;
import java.util.Map;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.utility.DockerImageName;

/** The emulators in containers, for a machine that has Docker but no SDK. */
final class DockerEmulators implements AutoCloseable {

  private static final DockerImageName IMAGE =
      DockerImageName.parse("google/cloud-sdk:528.0.0-emulators");

  private static final int PORT = 8080;

  private final GenericContainer<?> pubSub = emulator("pubsub");
  private final GenericContainer<?> firestore = emulator("firestore");

  private DockerEmulators() {}

  static boolean possible() {
    return DockerClientFactory.instance().isDockerAvailable();
  }

  static DockerEmulators start() {
    DockerEmulators emulators = new DockerEmulators();
    emulators.pubSub.start();
    emulators.firestore.start();
    return emulators;
  }

  private static GenericContainer<?> emulator(String name) {
    return new GenericContainer<>(IMAGE)
        .withExposedPorts(PORT)
        .withCommand("gcloud", "beta", "emulators", name, "start", "--host-port=0.0.0.0:" + PORT)
        .waitingFor(Wait.forListeningPort());
  }

  Map<String, String> hosts() {
    return Map.of(
        Emulators.PUBSUB_VARIABLE,
        pubSub.getHost() + ":" + pubSub.getMappedPort(PORT),
        Emulators.FIRESTORE_VARIABLE,
        firestore.getHost() + ":" + firestore.getMappedPort(PORT));
  }

  @Override
  public void close() {
    pubSub.stop();
    firestore.stop();
  }
}
