package dev.holdfast.gcp;

import com.google.protobuf.MessageLite;
import io.grpc.Grpc;
import io.grpc.HandlerRegistry;
import io.grpc.InsecureServerCredentials;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.Server;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.grpc.protobuf.lite.ProtoLiteUtils;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A gRPC server on a loopback port that plays the unary methods it is taught. Thread-safe. */
final class GrpcStandIn implements AutoCloseable {

  private static final long END_SECONDS_MAX = 5;

  private final Map<String, ServerMethodDefinition<?, ?>> methods = new ConcurrentHashMap<>();
  private final List<String> calls = new ArrayList<>();
  private final Server server;

  GrpcStandIn() throws IOException {
    server =
        Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
            .fallbackHandlerRegistry(
                new HandlerRegistry() {
                  @Override
                  public @Nullable ServerMethodDefinition<?, ?> lookupMethod(
                      String method, @Nullable String authority) {
                    return methods.get(method);
                  }
                })
            .build()
            .start();
  }

  /** Where it listens, as {@code host:port}. */
  String host() {
    for (SocketAddress address : server.getListenSockets()) {
      if (address instanceof InetSocketAddress internet) {
        return "127.0.0.1:" + internet.getPort();
      }
    }
    throw new IllegalStateException("it does not listen");
  }

  /**
   * Teaches a method of which {@code A} goes in and {@code B} comes out.
   *
   * @param method in full, such as {@code google.iam.v1.IAMPolicy/GetIamPolicy}
   * @param answer may throw a {@link io.grpc.StatusRuntimeException}
   */
  <A extends MessageLite, B extends MessageLite> void plays(
      String method, A asked, B answered, Answer<A, B> answer) {
    Marshaller<A> in = ProtoLiteUtils.marshaller(asked);
    Marshaller<B> out = ProtoLiteUtils.marshaller(answered);
    methods.put(
        method,
        ServerMethodDefinition.create(
            MethodDescriptor.newBuilder(in, out)
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName(method)
                .build(),
            ServerCalls.asyncUnaryCall(
                (A request, StreamObserver<B> reply) -> {
                  synchronized (calls) {
                    calls.add(method.substring(method.indexOf('/') + 1));
                  }
                  try {
                    reply.onNext(answer.to(request));
                    reply.onCompleted();
                  } catch (RuntimeException e) {
                    reply.onError(Status.fromThrowable(e).asRuntimeException());
                  }
                })));
  }

  interface Answer<A, B> {
    B to(A asked);
  }

  /** The bare names of the methods that were called, oldest first. */
  List<String> calls() {
    synchronized (calls) {
      return List.copyOf(calls);
    }
  }

  @Override
  public void close() {
    server.shutdownNow();
    try {
      server.awaitTermination(END_SECONDS_MAX, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
