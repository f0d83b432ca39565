package dev.holdfast.worker;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobQueue;
import dev.holdfast.job.JobState;
import dev.holdfast.job.JobStore;
import dev.holdfast.job.ObjectStore;
import io.vertx.core.Future;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
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
  /** The worker puts its own eviction down to the job. */
  EVICTION_IS_FAILURE("an eviction spends no failure"),
  /** Nobody looks after jobs whose message was lost. */
  RECONCILER_OFF("every job ends"),
  /** Watchers are shown what events say, as they come. */
  NO_FEED("no event shows a job going backwards");

  private final String broken;

  SimPlant(String broken) {
    this.broken = broken;
  }

  /** Which promise the fault breaks. */
  String broken() {
    return broken;
  }

  /** Instead of a call, or around it. */
  private interface Around {
    @Nullable Object call(Method method, Object[] arguments) throws Throwable;
  }

  private static <T> T instead(Class<T> type, T port, Map<String, Around> arounds) {
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
    return this == NO_ADOPTION
        ? instead(
            ObjectStore.class,
            objects,
            Map.of("stat", (method, arguments) -> Future.succeededFuture(Optional.empty())))
        : objects;
  }

  private static void create(ObjectStore objects, Method method, Object[] arguments) {
    try {
      method.invoke(objects, arguments);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  JobStore plant(JobStore store, SimProcess process) {
    if (this == EVICTION_IS_FAILURE) {
      return instead(
          JobStore.class,
          store,
          Map.of(
              "replace",
              (method, arguments) ->
                  store.replace((Job) arguments[0], asIfFailed((Job) arguments[1]))));
    } else if (this == ZOMBIE_SAYS_TOO_MUCH) {
      return instead(
          JobStore.class,
          store,
          Map.of(
              "replace",
              (method, arguments) -> {
                Job before = (Job) arguments[0];
                Job next = (Job) arguments[1];
                return store.replace(before, wasFencedOut(next, before) ? dueNow(next) : next);
              }));
    } else if (this != NO_FENCE) {
      return store;
    }
    Map<JobId, Job> mine = new HashMap<>();
    return instead(
        JobStore.class,
        store,
        Map.of(
            "replace",
            (method, arguments) -> {
              Job next = (Job) arguments[1];
              if (next.lease() != null && next.lease().worker().equals(process.name())) {
                mine.put(next.id(), next);
              }
              return store.replace((Job) arguments[0], next);
            },
            "get",
            (method, arguments) ->
                store
                    .get((JobId) arguments[0])
                    .map(found -> found.map(job -> asIfMine(job, mine.get(job.id()))))));
  }

  private static boolean wasFencedOut(Job next, Job before) {
    return zombies(next) > zombies(before);
  }

  private static long zombies(Job job) {
    return job.attempts().stream().filter(a -> a.outcome() == Job.Outcome.FENCED_OUT).count();
  }

  private static Job dueNow(Job job) {
    return new Job(
        job.id(),
        job.version(),
        job.spec(),
        job.state(),
        job.createdAt(),
        job.updatedAt(),
        job.endedAt(),
        job.updatedAt(),
        job.progress(),
        job.checkpoint(),
        job.spent(),
        job.fence(),
        job.lease(),
        job.attempts(),
        job.modelDigest(),
        job.error(),
        job.webhook());
  }

  private static Job asIfFailed(Job job) {
    if (job.state() != JobState.INTERRUPTED) {
      return job;
    }
    Job.Spent spent = job.spent();
    return new Job(
        job.id(),
        job.version(),
        job.spec(),
        job.state(),
        job.createdAt(),
        job.updatedAt(),
        null,
        job.wakeAt(),
        job.progress(),
        job.checkpoint(),
        new Job.Spent(spent.failures() + 1, spent.interruptions(), spent.suspects()),
        job.fence(),
        null,
        job.attempts(),
        job.modelDigest(),
        null,
        null);
  }

  /** The newest record with the claim of an attempt that has lost it. */
  private static Job asIfMine(Job job, @Nullable Job mine) {
    if (mine == null || job.state().terminal() || mine.fence() >= job.fence()) {
      return job;
    }
    return new Job(
        job.id(),
        job.version(),
        job.spec(),
        mine.state(),
        job.createdAt(),
        job.updatedAt(),
        null,
        job.wakeAt(),
        job.progress(),
        job.checkpoint(),
        job.spent(),
        mine.fence(),
        mine.lease(),
        job.attempts(),
        job.modelDigest(),
        null,
        null);
  }
}
