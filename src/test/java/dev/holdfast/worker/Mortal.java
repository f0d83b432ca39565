package dev.holdfast.worker;

import dev.holdfast.job.JobQueue;
import dev.holdfast.job.JobQueue.Delivery;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Stands between a worker and its ports so that a test can kill the worker between any two effects:
 * a dead worker's calls reach nothing and are never answered. Calls are named {@code port.method}
 * and counted from 1.
 */
final class Mortal {

  private enum Fate {
    DIE_BEFORE,
    DIE_AFTER,
    HOLD,
    HOLD_AND_FAIL,
    FAIL
  }

  private record Point(String call, int number) {}

  private final Map<Point, Fate> fates = new ConcurrentHashMap<>();
  private final Map<String, Runnable> tasks = new ConcurrentHashMap<>();
  private final Map<String, Integer> counts = new ConcurrentHashMap<>();
  private final CountDownLatch struck = new CountDownLatch(1);
  private final Promise<Void> released = Promise.promise();
  private final Promise<Object> failed = Promise.promise();
  private final Set<String> away = ConcurrentHashMap.newKeySet();
  private volatile boolean dead;

  /** Every call that reached its port, in order. */
  final List<String> calls = new CopyOnWriteArrayList<>();

  Mortal dieBefore(String call, int number) {
    fates.put(new Point(call, number), Fate.DIE_BEFORE);
    return this;
  }

  /** The call takes effect, its answer never arrives. */
  Mortal dieAfter(String call, int number) {
    fates.put(new Point(call, number), Fate.DIE_AFTER);
    return this;
  }

  /** The call waits for {@link #release}. */
  Mortal hold(String call, int number) {
    fates.put(new Point(call, number), Fate.HOLD);
    return this;
  }

  /** The call waits for {@link #failHeld}, and fails without effect. */
  Mortal holdAndFail(String call, int number) {
    fates.put(new Point(call, number), Fate.HOLD_AND_FAIL);
    return this;
  }

  /** The call fails without effect. */
  Mortal fail(String call, int number) {
    fates.put(new Point(call, number), Fate.FAIL);
    return this;
  }

  /** From now on the call fails without effect; the first one counts as struck. */
  Mortal away(String call) {
    away.add(call);
    return this;
  }

  /** The call works again. */
  void back(String call) {
    away.remove(call);
  }

  /** Does something on the caller's thread in each such call. */
  Mortal during(String call, Runnable task) {
    tasks.put(call, task);
    return this;
  }

  /** Waits until a fate was met. */
  void awaitStruck() throws InterruptedException {
    if (!struck.await(10, TimeUnit.SECONDS)) {
      throw new AssertionError("nothing was struck; calls were " + calls);
    }
  }

  /** Dies now. */
  void die() {
    dead = true;
    struck.countDown();
  }

  boolean isDead() {
    return dead;
  }

  void release() {
    released.complete();
  }

  void failHeld() {
    failed.fail(new IOException("the dependency is out of order"));
  }

  <T> T wrap(Class<T> type, T port) {
    String name = type.getSimpleName();
    InvocationHandler handler = (proxy, method, arguments) -> call(name, port, method, arguments);
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }

  private Object call(String name, Object port, Method method, Object[] arguments)
      throws Throwable {
    if (!Future.class.isAssignableFrom(method.getReturnType())) {
      return invoke(port, method, arguments);
    }
    return strike(
        name + "." + method.getName(),
        () -> {
          try {
            return (Future<?>) invoke(port, method, arguments);
          } catch (Throwable e) {
            return Future.failedFuture(e);
          }
        });
  }

  private static Object invoke(Object port, Method method, Object[] arguments) throws Throwable {
    try {
      return method.invoke(port, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  /** A call in the making. */
  private interface Call {
    Future<?> make();
  }

  private Future<?> strike(String name, Call call) {
    int number = counts.merge(name, 1, Integer::sum);
    Fate fate = fates.get(new Point(name, number));
    Future<?> never = Promise.promise().future();
    if (dead) {
      return never;
    }
    if (away.contains(name)) {
      struck.countDown();
      return Future.failedFuture(new IOException("the dependency is away"));
    }
    if (fate == null) {
      calls.add(name);
      tasks.getOrDefault(name, () -> {}).run();
      return call.make();
    }
    return switch (fate) {
      case DIE_BEFORE -> {
        dead = true;
        struck.countDown();
        yield never;
      }
      case DIE_AFTER -> {
        calls.add(name);
        dead = true;
        call.make().onComplete(done -> struck.countDown());
        yield never;
      }
      case HOLD -> {
        calls.add(name);
        struck.countDown();
        yield released.future().compose(v -> call.make().map(r -> (Object) r));
      }
      case HOLD_AND_FAIL -> {
        calls.add(name);
        yield failed.future();
      }
      case FAIL -> {
        struck.countDown();
        yield Future.failedFuture(new IOException("the dependency is out of order"));
      }
    };
  }

  /** A queue whose deliveries are mortal, too. */
  JobQueue wrap(JobQueue queue) {
    return new MortalQueue(queue);
  }

  private final class MortalQueue implements JobQueue {

    private final JobQueue queue;

    MortalQueue(JobQueue queue) {
      this.queue = queue;
    }

    @SuppressWarnings("unchecked") // strike returns what the call it was given returns
    private <T> Future<T> strike(String name, Supplier<Future<T>> call) {
      return (Future<T>) Mortal.this.strike("JobQueue." + name, call::get);
    }

    @Override
    public Future<Void> publish(Message message) {
      return strike("publish", () -> queue.publish(message));
    }

    @Override
    public Future<List<Delivery>> pull(int max, Duration ackDeadline, Duration wait) {
      return strike(
          "pull",
          () ->
              queue
                  .pull(max, ackDeadline, wait)
                  .map(all -> all.stream().<Delivery>map(MortalDelivery::new).toList()));
    }

    @Override
    public Future<Void> extend(Collection<Delivery> deliveries, Duration ackDeadline) {
      List<Delivery> inner = deliveries.stream().map(d -> ((MortalDelivery) d).inner).toList();
      return strike("extend", () -> queue.extend(inner, ackDeadline));
    }

    @Override
    public Future<Void> deadLetter(DeadLetter letter) {
      return strike("deadLetter", () -> queue.deadLetter(letter));
    }

    @Override
    public Future<List<DeadLetter>> deadLetters(int limit) {
      return queue.deadLetters(limit);
    }

    private final class MortalDelivery implements Delivery {

      private final Delivery inner;

      MortalDelivery(Delivery inner) {
        this.inner = inner;
      }

      @Override
      public Message message() {
        return inner.message();
      }

      @Override
      public Future<Void> ack() {
        return strike("ack", inner::ack);
      }

      @Override
      public Future<Void> release(Duration delay) {
        return strike("release", () -> inner.release(delay));
      }
    }
  }
}
