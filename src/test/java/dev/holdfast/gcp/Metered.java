package dev.holdfast.gcp;

import dev.holdfast.emulator.Emulators;
import dev.holdfast.job.JobState;
import java.io.IOException;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The backend of one process, and what its calls would be billed for. */
final class Metered implements AutoCloseable {

  final RpcLedger rpcs = new RpcLedger();
  final Gcp gcp;
  private final HttpFaults storage;

  Metered(GcpOptions place, Set<JobState> hears) throws IOException {
    storage = new HttpFaults(place.storageEmulator().orElseThrow());
    Map<String, String> hosts = new HashMap<>(place.emulators());
    hosts.put(Emulators.STORAGE_VARIABLE, storage.url());
    gcp = Gcp.open(place.withEmulators(hosts), hears, List.of(rpcs));
  }

  /** Everything so far. */
  Map<Operation, Integer> counts() {
    Map<Operation, Integer> counts = new EnumMap<>(rpcs.counts());
    storage.requests().forEach((kind, times) -> counts.merge(of(kind), times, Integer::sum));
    return counts;
  }

  /** What is billed of everything since; what was not done is left out. */
  Map<Operation, Integer> billedSince(Map<Operation, Integer> before) {
    Map<Operation, Integer> since = counts();
    since.replaceAll((operation, times) -> times - before.getOrDefault(operation, 0));
    since.values().removeIf(times -> times == 0);
    since.keySet().removeIf(operation -> operation.unit() == Unit.FREE);
    return since;
  }

  /** A resumable upload is one operation, however many chunks it has. */
  private static Operation of(HttpFaults.Kind kind) {
    return switch (kind) {
      case CREATE, START -> Operation.OBJECT_CREATED;
      case STAT, MEDIA -> Operation.OBJECT_READ;
      case LIST -> Operation.OBJECTS_LISTED;
      case CHUNK, QUESTION, DELETE -> Operation.UNBILLED;
      case BUCKET, MAKE_BUCKET -> Operation.OTHER;
    };
  }

  @Override
  public void close() {
    gcp.close();
    storage.close();
  }
}
