package dev.holdfast.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobEvents;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobState;
import dev.holdfast.live.Feed;
import io.vertx.core.Future;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LongPollTest {

  @TempDir static Path directory;
  static ApiFixture api;

  @BeforeAll
  static void start() throws Exception {
    api = new ApiFixture(directory);
  }

  @AfterAll
  static void stop() throws Exception {
    api.close();
  }

  private static void untilWaiting(ApiFixture api, int waiting) {
    long limit = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (api.meters.get(ApiMetrics.LONG_POLLS).gauge().value() != waiting) {
      assertThat(System.nanoTime()).as("%d requests wait", waiting).isLessThan(limit);
      Thread.onSpinWait();
    }
  }

  @Test
  void anEventWakesThePollWellBeforeTheHealingLook() throws Exception {
    JobId id = api.submitted(2);
    Job job = api.claimed(id);
    CompletableFuture<Answer> poll = api.sendAsync("GET", "/v1/jobs/" + id + "?wait=30s", null);
    untilWaiting(api, 1);

    long before = System.nanoTime();
    api.checkpointed(job, 1, 1, 10);
    Answer answer = poll.get(10, TimeUnit.SECONDS).is(200);

    assertThat(Duration.ofNanos(System.nanoTime() - before))
        .isLessThan(Feed.HEAL_PAUSE_MIN.dividedBy(2));
    assertThat(answer.json().getString("state")).isEqualTo("processing");
    assertThat(answer.header("ETag")).isEqualTo("\"3\"");
    untilWaiting(api, 0);
  }

  @Test
  void aLostEventIsMadeUpForByLooking(@TempDir Path own) throws Exception {
    ApiFixture deaf =
        new ApiFixture(
            Files.createDirectories(own),
            ApiOptions.Limits.USUAL,
            services ->
                ApiFixture.with(services, services.store(), new Silence(), services.webhooks()));
    try {
      JobId id = deaf.submitted(1);
      CompletableFuture<Answer> poll = deaf.sendAsync("GET", "/v1/jobs/" + id + "?wait=30", null);
      untilWaiting(deaf, 1);
      deaf.claimed(id);
      assertThat(poll.get(10, TimeUnit.SECONDS).is(200).json().getLong("version")).isEqualTo(2);
    } finally {
      deaf.close();
    }
  }

  /** Loses every event. */
  private static final class Silence implements JobEvents {
    @Override
    public Future<Void> publish(JobEvent event) {
      return Future.succeededFuture();
    }

    @Override
    public Subscription subscribe(Set<JobState> states, Consumer<JobEvent> listener) {
      return () -> {};
    }
  }

  @Test
  void thePollReturnsAtOnceIfThereIsNothingToWaitFor() throws Exception {
    JobId id = api.submitted(1);
    Job job = api.claimed(id);

    assertThat(
            api.get("/v1/jobs/" + id + "?wait=60s&after_version=1")
                .is(200)
                .json()
                .getLong("version"))
        .isEqualTo(2);
    api.completed(job, 1, 0, 0);
    assertThat(api.get("/v1/jobs/" + id + "?wait=60s").is(200).json().getString("state"))
        .isEqualTo("complete");
    assertThat(
            api.get("/v1/jobs/" + id + "?wait=60s&after_version=99")
                .is(200)
                .json()
                .getLong("version"))
        .isEqualTo(3);
  }

  @Test
  void thePollEndsWithItsTime() throws Exception {
    JobId id = api.submitted(1);

    long before = System.nanoTime();
    Answer answer = api.get("/v1/jobs/" + id + "?wait=1s").is(200);

    assertThat(Duration.ofNanos(System.nanoTime() - before))
        .isBetween(Duration.ofMillis(900), Duration.ofSeconds(5));
    assertThat(answer.json().getString("state")).isEqualTo("queued");
  }

  @Test
  void aClientThatGoesAwayLeavesNothingWaiting() throws Exception {
    JobId id = api.submitted(1);
    try (var socket = api.connect()) {
      socket
          .getOutputStream()
          .write(("GET /v1/jobs/" + id + "?wait=60s HTTP/1.1\r\nHost: a\r\n\r\n").getBytes(UTF_8));
      untilWaiting(api, 1);
    }
    untilWaiting(api, 0);
  }

  @Test
  void anUnchangedJobIsNotSentAgain() throws Exception {
    JobId id = api.submitted(1);
    String etag = api.get("/v1/jobs/" + id).is(200).header("ETag");

    assertThat(api.get("/v1/jobs/" + id, "If-None-Match", etag).is(304).header("ETag"))
        .isEqualTo(etag);
    api.get("/v1/jobs/" + id, "If-None-Match", "\"a\", W/" + etag).is(304);
    api.get("/v1/jobs/" + id, "If-None-Match", "\"7\"").is(200);
    api.claimed(id);
    api.get("/v1/jobs/" + id, "If-None-Match", etag).is(200);
  }
}
