package dev.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process takes the place of another on the same port, while clients are connected. */
class TakeOverTest {

  private static final int SOCKETS = 40;

  @TempDir Path directory;
  private final Vertx first = Vertx.vertx(ApiVerticle.vertxOptions());
  private final Vertx second = Vertx.vertx(ApiVerticle.vertxOptions());
  private final Vertx outside = Vertx.vertx();
  private ApiFixture api;

  @BeforeEach
  void start() throws Exception {
    assumeTrue(first.isNativeTransportEnabled(), "only Linux's own sockets share a port");
    api = new ApiFixture(directory);
  }

  @AfterEach
  void stop() throws Exception {
    ApiFixture.await(Future.join(first.close(), second.close(), outside.close()));
    if (api != null) {
      api.close();
    }
  }

  private int serve(Vertx on, int port, boolean reusePort) throws Exception {
    return serve(on, port, reusePort, Duration.ZERO);
  }

  private int serve(Vertx on, int port, boolean reusePort, Duration leave) throws Exception {
    Supplier<ApiVerticle> instances =
        ApiVerticle.instances(
            new ApiOptions(
                "127.0.0.1",
                port,
                reusePort,
                ApiOptions.Limits.USUAL,
                new ApiOptions.Leave(leave, ApiOptions.Leave.USUAL.all())),
            api.services);
    List<ApiVerticle> made = new ArrayList<>();
    Supplier<ApiVerticle> kept =
        () -> {
          ApiVerticle instance = instances.get();
          made.add(instance);
          return instance;
        };
    ApiFixture.await(on.deployVerticle(kept, new DeploymentOptions().setInstances(2)));
    return made.get(0).port();
  }

  @Test
  void whoIsSentAwayFindsTheNextOneAtTheFirstAttempt() throws Exception {
    String path = "/v1/jobs/" + api.submitted(1) + "/events";
    Duration leave = Duration.ofMillis(600);
    int port = serve(first, 0, true, leave);
    Queue<Long> closed = new ConcurrentLinkedQueue<>();
    List<SocketClient> sockets = new ArrayList<>();
    for (int i = 0; i < SOCKETS; i++) {
      sockets.add(SocketClient.open(outside, port, path));
    }
    List<Future<SocketClient>> back = new ArrayList<>();
    for (SocketClient socket : sockets) {
      assertThat(socket.next().getLong("id")).isEqualTo(1);
      back.add(
          Future.fromCompletionStage(socket.closed)
              .onSuccess(code -> closed.add(System.nanoTime()))
              .compose(
                  code -> outside.executeBlocking(() -> SocketClient.open(outside, port, path))));
    }
    assertThat(serve(second, port, true)).isEqualTo(port);

    ApiFixture.await(first.close());

    ApiFixture.await(Future.all(back));
    for (int i = 0; i < SOCKETS; i++) {
      sockets.get(i).closes(1001);
      assertThat(back.get(i).result().next().getLong("id")).isEqualTo(1);
    }
    assertThat(Duration.ofNanos(Collections.max(closed) - Collections.min(closed)))
        .as("they are not all sent away at once")
        .isGreaterThan(leave.dividedBy(3));
  }

  @Test
  void aPortThatIsNotSharedIsTaken() throws Exception {
    int port = serve(first, 0, true);

    assertThatThrownBy(() -> serve(second, port, false))
        .hasRootCauseInstanceOf(IOException.class)
        .hasMessageContaining("bind");
  }

  @Test
  void aProcessThatNobodyHasAskedLeavesItsPortToo() throws Exception {
    int port = serve(first, 0, false);

    ApiFixture.await(first.close());

    assertThat(serve(second, port, false)).isEqualTo(port);
    String path = "/v1/jobs/" + api.submitted(1) + "/events";
    assertThat(SocketClient.open(outside, port, path).next().getLong("id")).isEqualTo(1);
  }
}
