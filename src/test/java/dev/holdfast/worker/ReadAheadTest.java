package dev.holdfast.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.embedded.Embedded;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobSpec;
import dev.holdfast.job.ModelSpec;
import dev.holdfast.job.RowEncoding;
import dev.holdfast.world.ManualClock;
import dev.holdfast.world.ScriptedEngine;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is on its way to the batcher, on a loop of one thread that the test turns itself. */
@Timeout(30)
class ReadAheadTest {

  private static final int BATCH_ITEMS = 1;

  /** Sixteen batches. */
  private static final int GATE_ITEMS = 16;

  /** Windows grow with what is inferred, however slow the machine is. */
  private static final Duration SPAN = Duration.ofDays(1);

  private static final int ITEMS = 600;

  @TempDir Path directory;
  private final ManualClock clock = new ManualClock();
  private final Deque<Runnable> tasks = new ArrayDeque<>();
  private final Deque<Window> windows = new ArrayDeque<>();
  private Serving serving;

  @BeforeEach
  void serve() throws Exception {
    InferenceEngine.LoadedModel model =
        new ScriptedEngine().load(ScriptedEngine.spec(BATCH_ITEMS, 1_000));
    Batcher held =
        new Batcher() {
          @Override
          public InferenceEngine.LoadedModel model() {
            return model;
          }

          @Override
          public double itemsPerSecond() {
            return 1_000;
          }

          @Override
          public <T> Future<T> render(Callable<T> task) {
            return Future.failedFuture("nothing is left here");
          }

          @Override
          public Future<Void> leave() {
            return Future.succeededFuture();
          }

          @Override
          public Duration recentBatch() {
            return Duration.ZERO;
          }

          @Override
          public @Nullable String ailment() {
            return null;
          }

          @Override
          public void lose(InferenceEngine.DeviceLostException why) {}

          @Override
          public Future<Window.Rendered> infer(Window window) {
            windows.add(window);
            return window.future();
          }

          @Override
          public void close() {}
        };
    serving =
        new Serving(
            held,
            CheckpointPolicy.fixed(SPAN),
            new WorkerMetrics(new SimpleMeterRegistry()),
            clock,
            null);
  }

  private final class Gathered implements ReadAhead.Listener {

    private final ReadAhead ahead =
        new ReadAhead(serving, RowEncoding.JSON, new Loop(tasks::add), clock, window -> {}, this);
    private int items;

    void begin() throws Exception {
      begin("\"a\"\n".repeat(ITEMS), ITEMS);
    }

    void begin(String lines, int count) throws Exception {
      try (Embedded backend = Embedded.open(directory, Optional.empty(), clock)) {
        ahead.start(
            InputLines.open(
                new JobSpec.Inline(lines, count),
                Job.Checkpoint.START,
                backend.objects(),
                backend.externalInputs()),
            Probation.none(clock));
      }
    }

    @Override
    public boolean hasRoom() {
      return true;
    }

    @Override
    public void rows(Window.Rendered window, long nanos) {
      items += window.items();
    }

    @Override
    public void settled() {}

    @Override
    public void failed(Throwable reason) {
      throw new AssertionError(reason);
    }
  }

  private void turn() {
    while (!tasks.isEmpty()) {
      tasks.remove().run();
    }
  }

  /** What a lane does, whether anybody wants the rows or not. */
  private void infer(Window window) {
    for (int i = 0; i < window.items(); i++) {
      window.parse(i, ModelSpec.Kind.TEXT_EMBEDDING);
      if (window.settle(i, new InferenceEngine.Embedding(new float[] {1}))) {
        window.render();
      }
    }
  }

  private void inferAll() {
    while (!windows.isEmpty()) {
      infer(windows.remove());
      turn();
    }
  }

  @Test
  void whatIsOnItsWayWhenItsWorkerLeavesCounts() throws Exception {
    Gathered leaving = new Gathered();
    leaving.begin("\"a\"\n\n", 1);
    while (windows.isEmpty()) {
      tasks.remove().run();
    }
    leaving.ahead.finish();
    turn();
    assertThat(leaving.ahead.exhausted()).isFalse();
    inferAll();
    assertThat(leaving.items).isEqualTo(1);
    assertThat(leaving.ahead.exhausted()).isTrue();
    assertThat(serving.gate().items()).isZero();
  }

  @Test
  void whatIsReadWhenItsWorkerLeavesIsNotBegun() throws Exception {
    Gathered leaving = new Gathered();
    leaving.begin("\"a\"\n", 1);
    leaving.ahead.finish();
    turn();
    assertThat(windows).isEmpty();
    assertThat(leaving.ahead.idle()).isTrue();
    assertThat(leaving.ahead.exhausted()).isFalse();
    assertThat(serving.gate().items()).isZero();
  }

  @Test
  void aWindowThatIsCancelledInMidBatchLeavesTheGateOnce() throws Exception {
    Gathered cancelled = new Gathered();
    cancelled.begin();
    turn();
    while (windows.getFirst().items() <= GATE_ITEMS) {
      infer(windows.remove());
      turn();
    }
    assertThat(windows).as("larger than the gate, so alone").hasSize(1);
    assertThat(serving.gate().items()).isEqualTo(windows.getFirst().items());

    cancelled.ahead.stop();
    turn();
    inferAll();
    assertThat(serving.gate().items()).isZero();

    Gathered next = new Gathered();
    next.begin();
    turn();
    inferAll();
    assertThat(next.ahead.exhausted()).isTrue();
    assertThat(next.items).isEqualTo(ITEMS);
    assertThat(serving.gate().items()).isZero();
  }
}
