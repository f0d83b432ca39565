package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.shutdown.EvictionNotice;
import dev.holdfast.shutdown.EvictionNotice.Notice;
import io.vertx.core.Future;
import java.io.InputStream;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WayOutTest {

  private final CompletableFuture<Integer> exit = new CompletableFuture<>();

  @ParameterizedTest
  @CsvSource({"15, 12", "30, 26.25", "120, 105", "2, 0"})
  void mostOfANoticesTimeIsUsed(double deadline, double budget) {
    assertThat(WayOut.budget(Duration.ofMillis((long) (deadline * 1_000))))
        .isEqualTo(Duration.ofMillis((long) (budget * 1_000)));
  }

  @Test
  void beforeThereIsAnythingToDrainTheProcessEndsAtOnce() throws Exception {
    new WayOut(Duration.ofSeconds(5), exit::complete).withParent(InputStream.nullInputStream());
    assertThat(exit.get(10, TimeUnit.SECONDS)).isZero();
  }

  @Test
  void aFaultEndsItWithItsOwnCode() throws Exception {
    new WayOut(Duration.ofSeconds(5), exit::complete).fail("the device is lost");
    assertThat(exit.get(10, TimeUnit.SECONDS)).isEqualTo(WayOut.FATAL);
  }

  @Test
  void aMereWarningIsNoEviction() {
    WayOut wayOut = new WayOut(Duration.ofSeconds(5), exit::complete);
    wayOut.follow(saying(new Notice("aws", "a rebalance recommendation", Optional.empty(), false)));
    assertThat(exit).isNotDone();
    wayOut.follow(saying(new Notice("aws", "spot terminate", Optional.empty(), true)));
    assertThat(exit).isCompletedWithValue(0);
  }

  private static EvictionNotice saying(Notice notice) {
    return new EvictionNotice() {
      @Override
      public void start(Consumer<Notice> listener) {
        listener.accept(notice);
      }

      @Override
      public Future<Void> close() {
        return Future.succeededFuture();
      }
    };
  }
}
