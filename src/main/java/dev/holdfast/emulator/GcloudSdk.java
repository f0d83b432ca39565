package dev.holdfast.emulator;

import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * An installed Google Cloud SDK that has the emulators.
 *
 * @param root the directory that holds {@code platform/}
 */
record GcloudSdk(Path root, Path pubSubJar, Path firestoreJar) {

  /** Names the SDK's root for tools that do not want to search. */
  static final String ROOT_VARIABLE = "CLOUDSDK_ROOT";

  private static final Pattern SEPARATOR = Pattern.compile(Pattern.quote(File.pathSeparator));
  private static final String PUBSUB_FOLDER = "platform/pubsub-emulator/lib";
  private static final String PUBSUB_JAR = "cloud-pubsub-emulator-*-all.jar";
  private static final String FIRESTORE_FOLDER = "platform/cloud-firestore-emulator";
  private static final String FIRESTORE_JAR = "cloud-firestore-emulator*.jar";

  /**
   * The SDK that {@code CLOUDSDK_ROOT} names, else that of the {@code gcloud} on the path, else one
   * in a home directory.
   */
  static Optional<GcloudSdk> find(Map<String, String> environment) {
    List<Path> roots = new ArrayList<>();
    String named = environment.getOrDefault(ROOT_VARIABLE, "");
    if (!named.isBlank()) {
      roots.add(Path.of(named));
    }
    SEPARATOR
        .splitAsStream(environment.getOrDefault("PATH", ""))
        .filter(folder -> !folder.isBlank())
        .forEach(folder -> rootOf(Path.of(folder, "gcloud")).ifPresent(roots::add));
    String home = environment.getOrDefault("HOME", "");
    if (!home.isBlank()) {
      roots.add(Path.of(home, "google-cloud-sdk"));
    }
    return roots.stream().flatMap(root -> at(root).stream()).findFirst();
  }

  /** The program is {@code bin/gcloud} below the root, and often reached by links. */
  private static Optional<Path> rootOf(Path gcloud) {
    try {
      return Files.isExecutable(gcloud)
          ? Optional.ofNullable(gcloud.toRealPath().getParent()).map(Path::getParent)
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static Optional<GcloudSdk> at(Path root) {
    Optional<Path> pubSub = newest(root.resolve(PUBSUB_FOLDER), PUBSUB_JAR);
    Optional<Path> firestore = newest(root.resolve(FIRESTORE_FOLDER), FIRESTORE_JAR);
    return pubSub.isPresent() && firestore.isPresent()
        ? Optional.of(new GcloudSdk(root, pubSub.get(), firestore.get()))
        : Optional.empty();
  }

  private static Optional<Path> newest(Path folder, String glob) {
    if (!Files.isDirectory(folder)) {
      return Optional.empty();
    }
    try (DirectoryStream<Path> jars = Files.newDirectoryStream(folder, glob)) {
      Stream.Builder<Path> found = Stream.builder();
      jars.forEach(found);
      return found.build().max(Path::compareTo);
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
