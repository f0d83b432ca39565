package dev.holdfast.emulator;

import java.io.IOException;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One of Google's emulators as a child process on a loopback port, which it keeps when it is
 * started again. Started as plain Java rather than by {@code gcloud}, whose child outlives it.
 * Thread-safe.
 */
public final class Emulator implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Emulator.class);

  /**
   * The Pub/Sub emulator keeps what was acknowledged; 1 GiB is good for about a million jobs.
   * Java's optimising compiler would take a fifth of two cores for minutes, from whatever is tried
   * on them.
   */
  private static final List<String> FLAGS = List.of("-Xmx1g", "-XX:TieredStopAtLevel=1");

  /**
   * A shell that holds the emulator until its own input ends, which it does when this process ends,
   * however that ends. A terminal's Ctrl-C, which reaches every child at once, ends neither: a
   * drain needs its emulators to the end.
   */
  private static final List<String> KEEPER =
      List.of(
          "/bin/sh",
          "-c",
          "trap '' INT; \"$0\" \"$@\" </dev/null & emulator=$!; read -r line; kill $emulator; wait");

  /** The name of what the Firestore emulator has saved. */
  private static final String SAVED = "saved";

  private static final Duration START_MAX = Duration.ofSeconds(30);
  private static final Duration STOP_MAX = Duration.ofSeconds(5);
  private static final Duration LOOK_INTERVAL = Duration.ofMillis(20);
  private static final int CONNECT_MILLIS_MAX = 500;

  private final String name;
  private final boolean seeds;
  private final List<String> arguments;
  private final Path jar;
  private final int port;
  private final Path directory;
  private @Nullable Process process;

  private Emulator(String name, Path jar, List<String> arguments, Path directory, boolean seeds)
      throws IOException {
    this.name = name;
    this.seeds = seeds;
    this.jar = jar;
    this.arguments = arguments;
    this.directory = directory;
    this.port = FreePort.find();
  }

  static Emulator pubSub(GcloudSdk sdk, Path directory) throws IOException {
    return new Emulator(
        "pubsub", sdk.pubSubJar(), List.of("-jar", sdk.pubSubJar().toString()), directory, false);
  }

  static Emulator firestore(GcloudSdk sdk, Path directory) throws IOException {
    return new Emulator(
        "firestore",
        sdk.firestoreJar(),
        List.of(
            "-Duser.language=en",
            "-cp",
            sdk.firestoreJar().toString(),
            "com.google.cloud.datastore.emulator.firestore.CloudFirestore",
            "start"),
        directory,
        true);
  }

  /** What clients connect to. */
  public String host() {
    return "127.0.0.1:" + port;
  }

  /**
   * Starts it, empty or with what was saved, unless it runs. Blocks until it takes connections.
   *
   * @throws IOException with its log's place if it does not
   */
  public synchronized void start() throws IOException {
    if (process != null && process.isAlive()) {
      return;
    }
    Files.createDirectories(directory);
    Path log = directory.resolve(name + "-emulator.log");
    List<String> command = new ArrayList<>(KEEPER);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(FLAGS);
    command.addAll(arguments);
    command.add("--host=127.0.0.1");
    command.add("--port=" + port);
    Path saved = directory.resolve(SAVED).resolve(SAVED + ".overall_export_metadata");
    if (seeds && Files.exists(saved)) {
      command.add("--seed_from_export=" + saved.toAbsolutePath());
    }
    Process started =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    process = started;
    long deadline = System.nanoTime() + START_MAX.toNanos();
    while (!connects()) {
      if (!started.isAlive() || System.nanoTime() > deadline) {
        close();
        throw new IOException("The %s emulator did not start; see %s".formatted(name, log));
      }
      pause(started);
    }
    LOG.info("the {} emulator ({}) is at {}", name, jar.getFileName(), host());
  }

  /**
   * Saves what the Firestore emulator holds of a project's default database, in place of what was
   * saved before; {@link #start} begins with it. Nobody should write meanwhile: what is written
   * after this is not kept. Blocks.
   */
  public synchronized void save(String project) throws IOException {
    deleteSaved();
    HttpURLConnection call =
        (HttpURLConnection)
            URI.create("http://%s/emulator/v1/projects/%s:export".formatted(host(), project))
                .toURL()
                .openConnection();
    call.setConnectTimeout(CONNECT_MILLIS_MAX);
    call.setReadTimeout((int) START_MAX.toMillis());
    call.setRequestMethod("POST");
    call.setRequestProperty("Content-Type", "application/json");
    call.setDoOutput(true);
    String body =
        """
        {"database": "projects/%s/databases/(default)", "export_directory": "%s", "export_name": "%s"}"""
            .formatted(project, directory.toAbsolutePath(), SAVED);
    try (OutputStream out = call.getOutputStream()) {
      out.write(body.getBytes(StandardCharsets.UTF_8));
    }
    if (call.getResponseCode() != HttpURLConnection.HTTP_OK) {
      throw new IOException(
          "The %s emulator did not save: HTTP %d".formatted(name, call.getResponseCode()));
    }
  }

  private void deleteSaved() throws IOException {
    Path saved = directory.resolve(SAVED);
    if (!Files.isDirectory(saved)) {
      return;
    }
    try (Stream<Path> files = Files.walk(saved)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private boolean connects() {
    try (Socket socket = new Socket()) {
      socket.connect(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), port), CONNECT_MILLIS_MAX);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Waits a moment, or less if the process ends. */
  private static void pause(Process started) throws IOException {
    try {
      started.waitFor(LOOK_INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while an emulator started", e);
    }
  }

  /** Stops it; what the Pub/Sub emulator held is gone then. Idempotent. */
  @Override
  public synchronized void close() {
    Process running = process;
    process = null;
    if (running == null) {
      return;
    }
    try {
      running.getOutputStream().close();
      if (!running.waitFor(STOP_MAX.toMillis(), TimeUnit.MILLISECONDS)) {
        running.descendants().forEach(ProcessHandle::destroyForcibly);
        running.destroyForcibly();
      }
    } catch (InterruptedException e) {
      running.descendants().forEach(ProcessHandle::destroyForcibly);
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      LOG.warn("the {} emulator's input does not close", name, e);
      running.descendants().forEach(ProcessHandle::destroyForcibly);
    }
  }
}
