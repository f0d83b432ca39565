package dev.holdfast.gcp;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Deadline;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Stands between a client and its server, counts the calls and spoils some. Thread-safe. */
final class RpcFaults implements ClientInterceptor, AutoCloseable {

  /** What can happen to a call. */
  enum Fault {
    /** The server does what was asked; the client hears UNAVAILABLE. */
    LOSE_REPLY,
    /** The call never reaches the server; the client hears UNAVAILABLE. */
    UNAVAILABLE,
    /**
     * The reply is {@link #STALL} late; a call with an earlier deadline never reaches the server.
     */
    STALL,
    /** The server refuses: PERMISSION_DENIED. */
    DENIED
  }

  static final Duration STALL = Duration.ofSeconds(10);

  private final Map<String, Queue<Optional<Fault>>> coming = new TreeMap<>();
  private final Map<String, Integer> calls = new TreeMap<>();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "rpc-faults");
            thread.setDaemon(true);
            return thread;
          });

  /**
   * Spoils the next {@code times} calls of a method that no earlier fault waits for.
   *
   * @param method its bare name, such as {@code Commit}
   */
  synchronized void next(String method, Fault fault, int times) {
    add(method, Optional.of(fault), times);
  }

  /**
   * Lets the next {@code times} calls of a method be, before any fault that is named after this.
   */
  synchronized void pass(String method, int times) {
    add(method, Optional.empty(), times);
  }

  private void add(String method, Optional<Fault> fault, int times) {
    Queue<Optional<Fault>> queue = coming.computeIfAbsent(method, m -> new ArrayDeque<>());
    for (int i = 0; i < times; i++) {
      queue.add(fault);
    }
  }

  /** How often each method was called, the client's own retries counted in. */
  synchronized Map<String, Integer> calls() {
    return Map.copyOf(calls);
  }

  /** Forgets the counts and the faults to come. */
  synchronized void reset() {
    calls.clear();
    coming.clear();
  }

  private synchronized @Nullable Fault take(String method) {
    calls.merge(method, 1, Integer::sum);
    Queue<Optional<Fault>> queue = coming.get(method);
    Optional<Fault> next = queue == null ? null : queue.poll();
    return next == null ? null : next.orElse(null);
  }

  @Override
  public <A, B> ClientCall<A, B> interceptCall(
      MethodDescriptor<A, B> method, CallOptions options, Channel channel) {
    String name = method.getBareMethodName();
    Fault fault = take(name == null ? method.getFullMethodName() : name);
    if (fault == null) {
      return channel.newCall(method, options);
    }
    return switch (fault) {
      case LOSE_REPLY -> new DeafCall<>(channel.newCall(method, options));
      case UNAVAILABLE -> new RefusedCall<>(Status.UNAVAILABLE);
      case DENIED -> new RefusedCall<>(Status.PERMISSION_DENIED);
      case STALL -> stalled(method, options, channel);
    };
  }

  private <A, B> ClientCall<A, B> stalled(
      MethodDescriptor<A, B> method, CallOptions options, Channel channel) {
    Deadline deadline = options.getDeadline();
    long left = deadline == null ? Long.MAX_VALUE : deadline.timeRemaining(TimeUnit.MILLISECONDS);
    if (left <= STALL.toMillis()) {
      return new LateRefusal<>(left);
    }
    return new LateCall<>(channel.newCall(method, options));
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }

  private static final class DeafCall<A, B> extends SimpleForwardingClientCall<A, B> {
    DeafCall(ClientCall<A, B> call) {
      super(call);
    }

    @Override
    public void start(Listener<B> listener, Metadata headers) {
      super.start(
          new SimpleForwardingClientCallListener<B>(listener) {
            @Override
            public void onMessage(B message) {
              // lost; a stream's next one must come for its end to come
              request(1);
            }

            @Override
            public void onClose(Status status, Metadata trailers) {
              super.onClose(Status.UNAVAILABLE.withDescription("the reply was lost"), trailers);
            }
          },
          headers);
    }
  }

  private static class RefusedCall<A, B> extends ClientCall<A, B> {
    private final Status status;

    RefusedCall(Status status) {
      this.status = status.withDescription("by a test");
    }

    @Override
    public void start(Listener<B> listener, Metadata headers) {
      listener.onClose(status, new Metadata());
    }

    @Override
    public void request(int messages) {
      // no message will come
    }

    @Override
    public void cancel(@Nullable String message, @Nullable Throwable cause) {
      // it has ended
    }

    @Override
    public void halfClose() {
      // nobody listens
    }

    @Override
    public void sendMessage(A message) {
      // nobody listens
    }
  }

  private final class LateRefusal<A, B> extends RefusedCall<A, B> {
    private final long millis;

    LateRefusal(long millis) {
      super(Status.DEADLINE_EXCEEDED);
      this.millis = millis;
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // the listener hears of it
    public void start(Listener<B> listener, Metadata headers) {
      timer.schedule(
          () -> super.start(listener, headers), Math.max(0, millis), TimeUnit.MILLISECONDS);
    }
  }

  /** Only the reply is late: what the call does on the server is done at once. */
  private final class LateCall<A, B> extends SimpleForwardingClientCall<A, B> {
    LateCall(ClientCall<A, B> call) {
      super(call);
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // the listener hears of it
    public void start(Listener<B> listener, Metadata headers) {
      super.start(
          new SimpleForwardingClientCallListener<B>(listener) {
            @Override
            public void onMessage(B message) {
              timer.schedule(
                  () -> super.onMessage(message), STALL.toMillis(), TimeUnit.MILLISECONDS);
            }

            @Override
            public void onClose(Status status, Metadata trailers) {
              timer.schedule(
                  () -> super.onClose(status, trailers), STALL.toMillis(), TimeUnit.MILLISECONDS);
            }
          },
          headers);
    }
  }
}
