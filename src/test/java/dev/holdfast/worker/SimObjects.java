package dev.holdfast.worker;

import dev.holdfast.job.ExternalInputs;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobError;
import dev.holdfast.job.ObjectStore;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The objects and files of a simulated fleet. */
final class SimObjects {

  record Stored(Buffer content, Map<String, String> metadata) {}

  private final NavigableMap<String, Stored> objects = new TreeMap<>();
  private final NavigableMap<String, Buffer> files = new TreeMap<>();

  void put(String key, Buffer content) {
    objects.put(key, new Stored(content, Map.of()));
  }

  void file(String uri, Buffer content) {
    files.put(uri, content);
  }

  /** The checkpoint behind the part that lies at {@code at}, or null if none does. */
  Job.@Nullable Checkpoint after(Job job, Job.Checkpoint at) {
    Stored part = objects.get(job.partKey(at.nextItem()));
    Span.Found found =
        part == null ? null : Span.Found.of(at, part.content.length(), part.metadata);
    return found == null ? null : found.to();
  }

  /** Every object of a job's result, by name, whether it belongs to the result or not. */
  NavigableMap<String, Stored> parts(Job job) {
    String prefix = "results/" + job.id() + "/part-";
    return objects.subMap(prefix, true, prefix + "~", false);
  }

  /** Every part of every job. */
  NavigableMap<String, Stored> parts() {
    return objects.subMap("results/", true, "results/~", false);
  }

  private boolean create(String key, Buffer content, Map<String, String> metadata) {
    return objects.putIfAbsent(key, new Stored(content, metadata)) == null;
  }

  private Optional<ObjectStore.Info> stat(String key) {
    Stored stored = objects.get(key);
    return stored == null ? Optional.empty() : Optional.of(info(key, stored));
  }

  private static ObjectStore.Info info(String key, Stored stored) {
    return new ObjectStore.Info(key, stored.content.length(), stored.metadata);
  }

  private static Buffer read(@Nullable Buffer content, long from, int length) {
    if (content == null) {
      throw JobError.INPUT_NOT_FOUND.because("there is no such object");
    }
    int begin = (int) Math.min(from, content.length());
    return content.getBuffer(begin, (int) Math.min((long) begin + length, content.length()));
  }

  private int deleteAll(String prefix) {
    List<String> keys =
        objects.tailMap(prefix, true).keySet().stream()
            .takeWhile(key -> key.startsWith(prefix))
            .toList();
    keys.forEach(objects::remove);
    return keys.size();
  }

  /** These objects as one process reaches them. */
  ObjectStore port(SimProcess process) {
    return new Port(process);
  }

  private final class Port implements ObjectStore {

    private final SimProcess process;

    Port(SimProcess process) {
      this.process = process;
    }

    @Override
    public Future<Boolean> create(String key, Buffer content, Map<String, String> metadata) {
      return process.call(
          () -> "create " + shown(key), () -> SimObjects.this.create(key, content, metadata));
    }

    @Override
    public Future<Upload> upload(String key, Map<String, String> metadata) {
      return Future.failedFuture(new IOException("nobody uploads in a simulation"));
    }

    @Override
    public Future<Optional<ObjectStore.Info>> stat(String key) {
      return process.call(() -> "stat " + shown(key), () -> SimObjects.this.stat(key));
    }

    @Override
    public Future<Buffer> read(String key, long from, int length) {
      return process.call(
          () -> "read " + shown(key),
          () -> {
            Stored stored = objects.get(key);
            return SimObjects.read(stored == null ? null : stored.content, from, length);
          });
    }

    @Override
    public Future<List<ObjectStore.Info>> list(String prefix, @Nullable String after, int limit) {
      return process.call(
          () -> "list " + shown(prefix),
          () -> {
            List<ObjectStore.Info> found = new ArrayList<>();
            objects.tailMap(after == null ? prefix : after, after == null).entrySet().stream()
                .takeWhile(object -> object.getKey().startsWith(prefix))
                .limit(limit)
                .forEach(object -> found.add(info(object.getKey(), object.getValue())));
            return found;
          });
    }

    @Override
    public Future<Boolean> delete(String key) {
      return process.call(() -> "delete " + shown(key), () -> objects.remove(key) != null);
    }

    @Override
    public Future<Integer> deleteAll(String prefix) {
      return process.call(
          () -> "delete all " + shown(prefix), () -> SimObjects.this.deleteAll(prefix));
    }
  }

  private static String shown(String key) {
    return key.startsWith("results/job_") ? key.substring(12, 18) + key.substring(38) : key;
  }

  /** The users' files as one process reaches them. */
  ExternalInputs inputs(SimProcess process) {
    return new Inputs(process);
  }

  private final class Inputs implements ExternalInputs {

    private final SimProcess process;

    Inputs(SimProcess process) {
      this.process = process;
    }

    @Override
    public Future<ExternalInputs.Info> stat(String uri) {
      return process.call(
          () -> "stat " + uri,
          () ->
              new ExternalInputs.Info(
                  uri, SimObjects.read(files.get(uri), 0, 0).length(), SimInput.REVISION));
    }

    @Override
    public Future<Buffer> read(String uri, String revision, long from, int length) {
      return process.call(() -> "read " + uri, () -> SimObjects.read(files.get(uri), from, length));
    }
  }
}
