package dev.holdfast.gcp;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Calls about one document each, of which one RPC can do many. A call is sent at once while fewer
 * than {@link Limits#underWayMax} RPCs are under way; those that come meanwhile wait for the next
 * one, and so share it. Nobody is blocked. Thread-safe.
 *
 * @param <C> a call
 */
final class GatheredCalls<C extends GatheredCalls.Call> {

  /** What is asked of one document. */
  interface Call {

    /** An RPC has only one call of each. */
    String document();

    /** An RPC has calls of equal kinds only. */
    Object kind();

    int bytes();
  }

  /** The RPC that does for many. */
  interface Send<C> {
    /**
     * @param calls at least one
     * @param ended to be run once, when the RPC has ended, whatever came of it
     */
    void send(List<C> calls, Runnable ended);
  }

  /**
   * @param underWayMax RPCs that others wait for
   * @param waitMax how long a call waits for them, such as for some that hang
   * @param callsMax of one RPC
   * @param bytesMax of one RPC's calls
   * @param waitingMax RPCs to come
   */
  record Limits(int underWayMax, Duration waitMax, int callsMax, int bytesMax, int waitingMax) {

    /** What Firestore works on, and what is on its way there. */
    private static final int UNDER_WAY_MAX = 2;

    private static final Duration WAIT_MAX = Duration.ofMillis(20);

    /** Firestore takes 500 writes; all of an RPC's calls have the time of one. */
    private static final int CALLS_MAX = 32;

    private static final int WAITING_MAX = 64;

    static Limits ofBytes(int bytesMax) {
      return new Limits(UNDER_WAY_MAX, WAIT_MAX, CALLS_MAX, bytesMax, WAITING_MAX);
    }
  }

  private final Limits limits;
  private final ScheduledExecutorService timers;
  private final Send<C> send;
  private final Queue<Batch<C>> waiting = new ArrayDeque<>();

  /** Of those that wait the last of each kind, the only one that still takes calls. */
  private final Map<Object, Batch<C>> last = new HashMap<>();

  private int underWay;
  private boolean closed;

  GatheredCalls(Limits limits, ScheduledExecutorService timers, Send<C> send) {
    this.limits = limits;
    this.timers = timers;
    this.send = send;
  }

  /** False if there is no room for the call, which its caller then has to send by itself. */
  @SuppressWarnings("FutureReturnValueIgnored") // one that comes in vain does nothing
  boolean add(C call) {
    Batch<C> now;
    synchronized (this) {
      if (closed || call.bytes() > limits.bytesMax()) {
        return false;
      }
      Batch<C> batch = last.get(call.kind());
      boolean joins = batch != null && batch.takes(call, limits);
      if (batch == null || !joins) {
        if (waiting.size() >= limits.waitingMax()) {
          return false;
        }
        batch = new Batch<>();
        waiting.add(batch);
        last.put(call.kind(), batch);
      }
      batch.add(call);
      now = next();
      if (!joins && now != batch) {
        Batch<C> late = batch;
        timers.schedule(() -> due(late), limits.waitMax().toNanos(), TimeUnit.NANOSECONDS);
      }
    }
    send(now);
    return true;
  }

  private synchronized @Nullable Batch<C> next() {
    if (underWay >= limits.underWayMax()) {
      return null;
    }
    Batch<C> batch = waiting.poll();
    if (batch != null) {
      leaves(batch);
    }
    return batch;
  }

  private void leaves(Batch<C> batch) {
    underWay++;
    last.values().remove(batch);
  }

  private void send(@Nullable Batch<C> batch) {
    if (batch != null) {
      send.send(batch.calls, this::ended);
    }
  }

  private void due(Batch<C> batch) {
    synchronized (this) {
      if (!waiting.remove(batch)) {
        return;
      }
      leaves(batch);
    }
    send(batch);
  }

  private void ended() {
    synchronized (this) {
      underWay--;
    }
    send(next());
  }

  /** Sends at once whatever waits, and has no room for what comes later. */
  void close() {
    List<Batch<C>> rest;
    synchronized (this) {
      closed = true;
      rest = List.copyOf(waiting);
      waiting.clear();
      rest.forEach(this::leaves);
    }
    rest.forEach(this::send);
  }

  /** The calls of one RPC; guarded by the lock until it is sent. */
  private static final class Batch<C extends Call> {
    private final List<C> calls = new ArrayList<>();
    private final Set<String> documents = new HashSet<>();
    private int bytes;

    boolean takes(C call, Limits limits) {
      return calls.size() < limits.callsMax()
          && bytes + call.bytes() <= limits.bytesMax()
          && !documents.contains(call.document());
    }

    void add(C call) {
      calls.add(call);
      documents.add(call.document());
      bytes += call.bytes();
    }
  }
}
