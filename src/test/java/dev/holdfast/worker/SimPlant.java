package dev.holdfast.worker;

import dev.holdfast.job.JobQueue;
import dev.holdfast.job.JobStore;
import dev.holdfast.job.ObjectStore;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A fault that is planted between a worker and its ports, to see that a simulation finds it. */
enum SimPlant {
  NOTHING(""),
  /** A delivery is acknowledged as soon as it is there. */
  ACK_FIRST("nothing is acknowledged before the record says that the job has ended"),
  /** The worker believes that a part is durable before it is. */
  RECORD_BEFORE_PART("a checkpoint never passes what is durable"),
  /** The worker never sees that a record is another attempt's now. */
  NO_FENCE("only the attempt that holds the job writes its record"),
  /** A worker that finds itself fenced out moves more than its own attempt. */
  ZOMBIE_SAYS_TOO_MUCH("only the attempt that holds the job writes its record"),
  /** The worker never sees a part that was left by another. */
  NO_ADOPTION("every job ends"),
  /** The worker takes each row that was left to it for the next item's. */
  LOOSE_ROWS_MIXED_UP("a row belongs to its item"),
  /** An attempt takes what another attempt of the same worker holds for its own. */
  FENCE_COMPARES_THE_WORKER("only the attempt that has claimed the job writes, no older one"),
  /** The worker puts its own eviction down to the job. */
  EVICTION_IS_FAILURE("an eviction spends no failure"),
  /** Nobody looks after jobs whose message was lost. */
  RECONCILER_OFF("every job ends"),
  /** Jobs that have ended are sent on their way again though nobody asked for it. */
  RESURRECTION("a job that has ended moves no more unless a client asks for it"),
  /** A job whose message could not be sent again is not looked at until it is twice as old. */
  LONG_PUT_OFF("every job ends"),
  /** Watchers are shown what events say, as they come. */
  NO_FEED("no event shows a job going backwards");

  private static final Pattern INDEX = Pattern.compile("\\{\"index\":(\\d+)");

  private final String broken;

  SimPlant(String broken) {
    this.broken = broken;
  }

  /** Which promise the fault breaks. */
  String broken() {
    return broken;
  }

  /** Instead of a call, or around it. */
  interface Around {
    @Nullable Object call(Method method, Object[] arguments) throws Throwable;
  }

  static <T> T instead(Class<T> type, T port, Map<String, Around> arounds) {
    Object proxy =
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) -> {
              Around around = arounds.get(method.getName());
              try {
                return around == null
                    ? method.invoke(port, arguments)
                    : around.call(method, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
    return type.cast(proxy);
  }

  JobQueue plant(JobQueue queue) {
    if (this != ACK_FIRST) {
      return queue;
    }
    return instead(
        JobQueue.class,
        queue,
        Map.of(
            "pull",
            (method, arguments) ->
                queue
                    .pull((int) arguments[0], (Duration) arguments[1], (Duration) arguments[2])
                    .map(
                        pulled -> {
                          pulled.forEach(JobQueue.Delivery::ack);
                          return pulled;
                        })));
  }

  ObjectStore plant(ObjectStore objects, SimProcess process) {
    if (this == RECORD_BEFORE_PART) {
      return instead(
          ObjectStore.class,
          objects,
          Map.of(
              "create",
              (method, arguments) -> {
                process.after(Duration.ofMillis(30), () -> create(objects, method, arguments));
                return Future.succeededFuture(true);
              }));
    }
    if (this == LOOSE_ROWS_MIXED_UP) {
      return instead(
          ObjectStore.class,
          objects,
          Map.of(
              "read",
              (method, arguments) -> {
                String key = (String) arguments[0];
                Future<Buffer> read = objects.read(key, (long) arguments[1], (int) arguments[2]);
                return key.contains("/loose-") ? read.map(SimPlant::mixedUp) : read;
              }));
    }
    return this == NO_ADOPTION
        ? instead(
            ObjectStore.class,
            objects,
            Map.of("stat", (method, arguments) -> Future.succeededFuture(Optional.empty())))
        : objects;
  }

  private static Buffer mixedUp(Buffer loose) {
    return Buffer.buffer(
        INDEX
            .matcher(loose.toString())
            .replaceAll(found -> "{\"index\":" + (Long.parseLong(found.group(1)) + 1)));
  }

  private static void create(ObjectStore objects, Method method, Object[] arguments) {
    try {
      method.invoke(objects, arguments);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The records as a worker reaches them. */
  JobStore plant(JobStore store, SimProcess process) {
    SimStorePlant planted = new SimStorePlant(store, process);
    return switch (this) {
      case EVICTION_IS_FAILURE -> planted.evictionIsFailure();
      case ZOMBIE_SAYS_TOO_MUCH -> planted.zombieSaysTooMuch();
      case NO_FENCE -> planted.noFence();
      case FENCE_COMPARES_THE_WORKER -> planted.fenceComparesTheWorker();
      case NOTHING,
          ACK_FIRST,
          RECORD_BEFORE_PART,
          NO_ADOPTION,
          LOOSE_ROWS_MIXED_UP,
          RECONCILER_OFF,
          RESURRECTION,
          LONG_PUT_OFF,
          NO_FEED ->
          store;
    };
  }

  /** The records as the Reconciler of an api process reaches them. */
  JobStore plantReconciler(JobStore store, SimProcess process) {
    SimStorePlant planted = new SimStorePlant(store, process);
    return this == RESURRECTION
        ? planted.resurrection()
        : this == LONG_PUT_OFF ? planted.longPutOff() : store;
  }
}
