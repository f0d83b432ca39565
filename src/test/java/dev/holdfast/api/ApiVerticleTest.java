package dev.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.job.JobId;
import dev.holdfast.job.JobLife;
import dev.holdfast.job.JobQueue;
import dev.holdfast.job.JobSpec;
import io.vertx.core.DeploymentOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The life of the verticle. */
class ApiVerticleTest {

  @TempDir Path directory;

  @Test
  void stoppingAnswersWhoeverWaitsAndFreesThePort() throws Exception {
    ApiFixture api = new ApiFixture(directory);
    JobId id = api.submitted(1);
    CompletableFuture<Answer> poll = api.sendAsync("GET", "/v1/jobs/" + id + "?wait=60s", null);
    long limit = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (api.meters.get(ApiMetrics.LONG_POLLS).gauge().value() != 1) {
      assertThat(System.nanoTime()).isLessThan(limit);
    }

    long before = System.nanoTime();
    api.leave();

    assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(5));
    assertThat(poll.get(5, TimeUnit.SECONDS).is(200).json().getString("state")).isEqualTo("queued");
    assertThatThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), api.port))
        .isInstanceOf(IOException.class);
    api.close();
  }

  @Test
  void aPortThatIsTakenFailsTheStart() throws Exception {
    ApiFixture api = new ApiFixture(directory);
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Supplier<ApiVerticle> instances =
          ApiVerticle.instances(ApiOptions.of("127.0.0.1", taken.getLocalPort()), api.services);
      assertThatThrownBy(
              () ->
                  ApiFixture.await(
                      api.vertx.deployVerticle(instances, new DeploymentOptions().setInstances(2))))
          .hasRootCauseInstanceOf(IOException.class);
    } finally {
      api.close();
    }
  }

  @Test
  void aPortIsNotToldBeforeItIsThere() throws Exception {
    ApiFixture api = new ApiFixture(directory);
    try {
      ApiVerticle verticle =
          ApiVerticle.instances(ApiOptions.of("127.0.0.1", 0), api.services).get();
      assertThatThrownBy(verticle::port).isInstanceOf(IllegalStateException.class);
    } finally {
      api.close();
    }
  }

  @Test
  void aJobWhoseMessageWasLostIsPublishedByTheReconciler() throws Exception {
    JobId id = JobId.random();
    ApiFixture api =
        new ApiFixture(
            directory,
            ApiOptions.Limits.USUAL,
            services -> {
              JobSpec spec =
                  new JobSpec("mini", new JobSpec.Inline("\"a\"\n", 1), Map.of(), 3, null, null);
              Instant longAgo = services.clock().instant().minus(Duration.ofHours(1));
              services.store().create(JobLife.created(id, spec, longAgo));
              return services;
            });
    try {
      List<JobQueue.Delivery> pulled =
          ApiFixture.await(
              api.embedded.queue().pull(1, JobQueue.ACK_DEADLINE, Duration.ofSeconds(20)));
      assertThat(pulled).extracting(delivery -> delivery.message().job()).containsExactly(id);
    } finally {
      api.close();
    }
  }
}
