package dev.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobState;
import dev.holdfast.job.JobStore;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Too many at once, and a store that fails, hangs or breaks its word. */
class OverloadTest {

  private static final Duration DEPENDENCY_WAIT = Duration.ofSeconds(1);

  @TempDir static Path directory;
  static ApiFixture api;
  static final MoodyStore STORE = new MoodyStore();

  @BeforeAll
  static void start() throws Exception {
    ApiOptions.Limits limits =
        new ApiOptions.Limits(
            1 << 20,
            1 << 20,
            3,
            2,
            10,
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            Duration.ofSeconds(75),
            DEPENDENCY_WAIT,
            ApiOptions.Streams.USUAL);
    api =
        new ApiFixture(
            directory,
            limits,
            services -> {
              STORE.real = services.store();
              return ApiFixture.with(services, STORE, services.events(), services.webhooks());
            });
  }

  @AfterAll
  static void stop() throws Exception {
    api.close();
  }

  @BeforeEach
  void calm() {
    STORE.get = Optional.empty();
  }

  @Test
  void aStoreThatFailsIsUnavailableAndNothingOfItIsShown() throws Exception {
    STORE.get =
        Optional.of(() -> Future.failedFuture(new IOException("password=secret at db-7.internal")));
    Answer answer =
        api.get("/v1/jobs/" + JobId.random())
            .isProblem(503, JobError.UNAVAILABLE, "the job store does not answer", "try again");
    assertThat(answer.body()).doesNotContain("secret", "db-7");
  }

  @Test
  void aStoreThatThrowsIsUnavailable() throws Exception {
    STORE.get =
        Optional.of(
            () -> {
              throw new IllegalStateException("closed");
            });
    api.get("/v1/jobs/" + JobId.random()).isProblem(503, JobError.UNAVAILABLE, "the job store");
  }

  @Test
  void aStoreThatHangsIsNotWaitedForForEver() throws Exception {
    STORE.get = Optional.of(() -> Promise.<Optional<Job>>promise().future());
    api.get("/v1/jobs/" + JobId.random()).isProblem(503, JobError.UNAVAILABLE, "the job store");
  }

  @Test
  @SuppressWarnings("NullAway") // breaking its word is what the store does here
  void aFaultOfOursIsInternalAndNothingOfItIsShown() throws Exception {
    STORE.get = Optional.of(() -> Future.succeededFuture(null));
    api.get("/v1/jobs/" + JobId.random())
        .isProblem(500, JobError.INTERNAL, "the Holdfast-Request-Id leads to it");
  }

  @Test
  void onlySoManyRequestsAtOnce() throws Exception {
    Promise<Optional<Job>> later = Promise.promise();
    CountDownLatch asked = new CountDownLatch(3);
    STORE.get =
        Optional.of(
            () -> {
              asked.countDown();
              return later.future();
            });
    String path = "/v1/jobs/" + JobId.random();
    List<CompletableFuture<Answer>> answers =
        List.of(
            api.sendAsync("GET", path, null),
            api.sendAsync("GET", path, null),
            api.sendAsync("GET", path, null));
    assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();

    api.get("/v1/models").isProblem(503, JobError.UNAVAILABLE, "3 requests");

    later.complete(Optional.empty());
    for (CompletableFuture<Answer> answer : answers) {
      answer.get(10, TimeUnit.SECONDS).is(404);
    }
    api.get("/v1/models").is(200);
  }

  @Test
  void onlySoManyLongPollsAtOnceAndTheyKeepNobodyElseOut() throws Exception {
    JobId id = api.submitted(1);
    String path = "/v1/jobs/" + id + "?wait=30s";
    CompletableFuture<Answer> one = api.sendAsync("GET", path, null);
    CompletableFuture<Answer> two = api.sendAsync("GET", path, null);
    long limit = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (api.meters.get(ApiMetrics.LONG_POLLS).gauge().value() != 2) {
      assertThat(System.nanoTime()).isLessThan(limit);
    }

    api.get(path).isProblem(429, JobError.TOO_MANY_REQUESTS, "2 requests wait");
    api.get("/v1/jobs/" + id).is(200);

    api.post("/v1/jobs/" + id + "/cancel", "").is(200);
    assertThat(one.get(10, TimeUnit.SECONDS).is(200).json().getString("state"))
        .isEqualTo("cancelled");
    two.get(10, TimeUnit.SECONDS).is(200);
    api.get(path).is(200);
  }

  /** The real store, but for what {@code get} is told to do. */
  private static final class MoodyStore implements JobStore {

    volatile Optional<Supplier<Future<Optional<Job>>>> get = Optional.empty();
    volatile JobStore real = this;

    @Override
    public Future<Created> create(Job job) {
      return real.create(job);
    }

    @Override
    public Future<Optional<Job>> get(JobId id) {
      return get.isPresent() ? get.get().get() : real.get(id);
    }

    @Override
    public Future<Boolean> replace(Job before, Job next) {
      return real.replace(before, next);
    }

    @Override
    public Future<Boolean> delete(Job job) {
      return real.delete(job);
    }

    @Override
    public Future<Page> list(Query query) {
      return real.list(query);
    }

    @Override
    public Future<List<Job>> due(Instant now, int limit) {
      return real.due(now, limit);
    }

    @Override
    public Future<Map<JobState, Long>> counts() {
      return real.counts();
    }

    @Override
    public Future<Map<JobState, Load>> backlog() {
      return real.backlog();
    }

    @Override
    public Future<Optional<Instant>> waitingSince() {
      return real.waitingSince();
    }

    @Override
    public Future<Long> waitingBefore(Instant createdAt) {
      return real.waitingBefore(createdAt);
    }
  }
}
