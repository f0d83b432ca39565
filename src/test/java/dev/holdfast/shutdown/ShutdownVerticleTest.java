package dev.holdfast.shutdown;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ShutdownVerticleTest {

  private static final Duration AMPLE = Duration.ofSeconds(20);
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final Vertx vertx = Vertx.vertx();
  private final BlockingQueue<String> done = new LinkedBlockingQueue<>();
  private final CompletableFuture<Integer> exit = new CompletableFuture<>();

  @AfterEach
  void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  private ShutdownVerticle.Stage stage(
      String name, double until, Function<Duration, Future<Void>> drain) {
    return new ShutdownVerticle.Stage(
        new Drainable() {
          @Override
          public String name() {
            return name;
          }

          @Override
          public Future<Void> drain(Duration budget) {
            done.add(name);
            return drain.apply(budget);
          }

          @Override
          public void hurry(Duration left) {
            // it takes what it takes
          }
        },
        until);
  }

  private ShutdownVerticle deployed(Duration usual, ShutdownVerticle.Stage... stages) {
    ShutdownVerticle verticle = new ShutdownVerticle(() -> List.of(stages), usual, exit::complete);
    vertx.deployVerticle(verticle).toCompletionStage().toCompletableFuture().join();
    return verticle;
  }

  @Test
  void stagesRunInOrderEachWithWhatIsLeftUntilTheEnd() throws Exception {
    BlockingQueue<Duration> budgets = new LinkedBlockingQueue<>();
    Promise<Void> first = Promise.promise();
    ShutdownVerticle verticle =
        deployed(
            AMPLE,
            stage(
                "one",
                0.5,
                budget -> {
                  budgets.add(budget);
                  return first.future();
                }),
            stage(
                "two",
                1,
                budget -> {
                  budgets.add(budget);
                  return Future.succeededFuture();
                }));

    verticle.begin("SIGTERM");
    assertThat(done.poll(10, TimeUnit.SECONDS)).isEqualTo("one");
    assertThat(done).as("the second waits for the first").isEmpty();
    first.complete();

    assertThat(exit.get(10, TimeUnit.SECONDS)).isZero();
    assertThat(done).containsExactly("two");
    assertThat(budgets.remove()).isBetween(Duration.ofSeconds(15), Duration.ofSeconds(20));
    assertThat(budgets.remove()).isBetween(Duration.ofSeconds(15), Duration.ofSeconds(20));
  }

  @Test
  void aStageThatOverrunsOrFailsIsLeftBehindAndNotTheNext() throws Exception {
    ShutdownVerticle verticle =
        deployed(
            Duration.ofSeconds(2),
            stage("hangs", 0.1, budget -> Promise.<Void>promise().future()),
            stage("fails", 0.5, budget -> Future.failedFuture("no")),
            stage(
                "throws",
                0.6,
                budget -> {
                  throw new IllegalStateException("thrown");
                }),
            stage("last", 1, budget -> Future.succeededFuture()));

    verticle.begin("SIGTERM");

    assertThat(exit.get(10, TimeUnit.SECONDS)).isEqualTo(ShutdownVerticle.CUT_OFF);
    assertThat(done).containsExactly("hangs", "fails", "throws", "last");
  }

  @Test
  void anEarlierDeadlineReplacesALaterOneAndNotTheOtherWayRound() throws Exception {
    BlockingQueue<Duration> budgets = new LinkedBlockingQueue<>();
    Promise<Void> first = Promise.promise();
    ShutdownVerticle verticle =
        deployed(
            AMPLE,
            stage("one", 0.9, budget -> first.future()),
            stage(
                "two",
                1,
                budget -> {
                  budgets.add(budget);
                  return Future.succeededFuture();
                }));

    verticle.begin("a notice", Duration.ofMinutes(2));
    assertThat(done.poll(10, TimeUnit.SECONDS)).isEqualTo("one");
    verticle.begin("SIGTERM", Duration.ofSeconds(15));
    verticle.begin("another notice", Duration.ofMinutes(1));
    first.complete();

    assertThat(exit.get(10, TimeUnit.SECONDS)).isZero();
    assertThat(done).as("each stage once").containsExactly("two");
    assertThat(budgets.remove()).isBetween(Duration.ofSeconds(5), Duration.ofSeconds(15));
  }

  @Test
  void aFailureLeavesInGoodOrderAndEndsWithItsCode() throws Exception {
    ShutdownVerticle verticle =
        deployed(AMPLE, stage("one", 1, budget -> Future.succeededFuture()));
    verticle.fail("the device is lost", 70);
    assertThat(exit.get(10, TimeUnit.SECONDS)).isEqualTo(70);
    assertThat(done).containsExactly("one");
  }

  @Test
  void aHangingLoopDoesNotKeepTheProcess() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    ShutdownVerticle verticle =
        deployed(
            Duration.ofMillis(200),
            stage(
                "hangs",
                1,
                budget -> {
                  try {
                    release.await();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                  return Future.succeededFuture();
                }));
    try {
      verticle.begin("SIGTERM");
      assertThat(exit.get(10, TimeUnit.SECONDS)).isEqualTo(ShutdownVerticle.CUT_OFF);
    } finally {
      release.countDown();
    }
  }

  @Test
  void anEarlierDeadlineCutsTheStageShortThatRuns() throws Exception {
    BlockingQueue<Duration> hurried = new LinkedBlockingQueue<>();
    ShutdownVerticle verticle =
        deployed(
            AMPLE,
            new ShutdownVerticle.Stage(
                new Drainable() {
                  @Override
                  public String name() {
                    return "hangs";
                  }

                  @Override
                  public Future<Void> drain(Duration budget) {
                    done.add("hangs");
                    return Promise.<Void>promise().future();
                  }

                  @Override
                  public void hurry(Duration left) {
                    hurried.add(left);
                  }
                },
                0.5),
            stage("two", 1, budget -> Future.succeededFuture()));

    verticle.begin("a notice", Duration.ofMinutes(2));
    assertThat(done.poll(10, TimeUnit.SECONDS)).isEqualTo("hangs");
    verticle.begin("SIGTERM", Duration.ofSeconds(1));

    assertThat(exit.get(10, TimeUnit.SECONDS)).isEqualTo(ShutdownVerticle.CUT_OFF);
    assertThat(done).as("the next has its turn").containsExactly("two");
    assertThat(hurried)
        .singleElement()
        .satisfies(left -> assertThat(left).isLessThanOrEqualTo(SECOND));
  }

  @Test
  void whatBeginsBeforeItIsDeployedIsDoneOnceItIs() throws Exception {
    ShutdownVerticle verticle =
        new ShutdownVerticle(
            () -> List.of(stage("one", 1, budget -> Future.succeededFuture())),
            AMPLE,
            exit::complete);
    verticle.begin("SIGTERM");
    assertThat(exit).isNotDone();
    vertx.deployVerticle(verticle).toCompletionStage().toCompletableFuture().join();
    assertThat(exit.get(10, TimeUnit.SECONDS)).isZero();
    assertThat(done).containsExactly("one");
  }

  @Test
  void aFaultKeepsItsCodeWhateverIsLeftBehind() throws Exception {
    ShutdownVerticle verticle =
        deployed(
            Duration.ofMillis(200),
            stage("hangs", 0.5, budget -> Promise.<Void>promise().future()));
    verticle.fail("the device is lost", 70);
    assertThat(exit.get(10, TimeUnit.SECONDS)).isEqualTo(70);
  }
}
