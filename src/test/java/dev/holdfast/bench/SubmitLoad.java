package dev.holdfast.bench;

import dev.holdfast.Sentences;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.ConcurrentHistogram;

/**
 * Submits one-sentence jobs, as fast as they are answered or at a fixed rate. At a fixed rate the
 * latency counts from when a request should have been sent, so that a stall is not left out.
 */
final class SubmitLoad implements AutoCloseable {

  private static final int CONNECTIONS = 32;
  private static final long LATENCY_MICROS_MAX = 60_000_000;

  /**
   * @param perSecond answered requests
   * @param refused answers that were not 202
   */
  record Outcome(double perSecond, double p50Millis, double p99Millis, long refused) {}

  private final Vertx vertx = Vertx.vertx();
  private final HttpClientAgent http =
      vertx.createHttpClient(new PoolOptions().setHttp1MaxSize(CONNECTIONS));
  private final int port;
  private final AtomicLong number = new AtomicLong();

  SubmitLoad(int port) {
    this.port = port;
  }

  private final class Run {
    final ConcurrentHistogram micros = new ConcurrentHistogram(LATENCY_MICROS_MAX, 3);
    final AtomicLong refused = new AtomicLong();
    final AtomicLong left;
    final CountDownLatch done;
    final boolean again;

    Run(int requests, boolean again) {
      this.left = new AtomicLong(requests);
      this.done = new CountDownLatch(requests);
      this.again = again;
    }

    void send(long dueNanos) {
      if (left.getAndDecrement() <= 0) {
        return;
      }
      http.request(HttpMethod.POST, port, "127.0.0.1", "/v1/jobs")
          .compose(this::post)
          .onComplete(
              answer -> {
                long latency = (System.nanoTime() - dueNanos) / 1_000;
                micros.recordValue(Math.min(latency, LATENCY_MICROS_MAX));
                if (answer.failed() || answer.result().statusCode() != 202) {
                  refused.incrementAndGet();
                }
                done.countDown();
                if (again) {
                  send(System.nanoTime());
                }
              });
    }

    private Future<HttpClientResponse> post(HttpClientRequest request) {
      String text = Sentences.at(number.incrementAndGet());
      return request
          .putHeader("Content-Type", "application/json")
          .send(
              Buffer.buffer(
                  "{\"model\":\"" + Api.MODEL + "\",\"input\":{\"items\":[\"" + text + "\"]}}"))
          .compose(response -> response.end().map(response));
    }

    Outcome outcome(long fromNanos) throws InterruptedException {
      done.await();
      double seconds = (System.nanoTime() - fromNanos) / 1e9;
      return new Outcome(
          micros.getTotalCount() / seconds,
          micros.getValueAtPercentile(50) / 1e3,
          micros.getValueAtPercentile(99) / 1e3,
          refused.get());
    }
  }

  /** As many requests at once as there are connections. */
  Outcome flatOut(int requests) throws InterruptedException {
    Run run = new Run(requests, true);
    long from = System.nanoTime();
    for (int i = 0; i < CONNECTIONS; i++) {
      run.send(System.nanoTime());
    }
    return run.outcome(from);
  }

  /** One request every {@code 1 / perSecond} seconds, whether the last was answered or not. */
  Outcome paced(int requests, int perSecond) throws InterruptedException {
    Run run = new Run(requests, false);
    long from = System.nanoTime();
    long gap = TimeUnit.SECONDS.toNanos(1) / perSecond;
    AtomicLong sent = new AtomicLong();
    long timer =
        vertx.setPeriodic(
            1,
            id -> {
              while (sent.get() < requests && from + sent.get() * gap <= System.nanoTime()) {
                run.send(from + sent.getAndIncrement() * gap);
              }
            });
    Outcome outcome = run.outcome(from);
    vertx.cancelTimer(timer);
    return outcome;
  }

  @Override
  public void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }
}
