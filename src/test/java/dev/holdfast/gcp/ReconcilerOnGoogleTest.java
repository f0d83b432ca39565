package dev.holdfast.gcp;

import static dev.holdfast.contract.Futures.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.Backend;
import dev.holdfast.job.JobQueue;
import dev.holdfast.job.ReconcilerContract;
import dev.holdfast.world.GoogleEmulators;
import dev.holdfast.world.OnEmulators;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

@OnEmulators
class ReconcilerOnGoogleTest extends ReconcilerContract {

  private @Nullable Gcp gcp;

  @Override
  protected Backend open() throws IOException {
    GcpOptions place = GoogleEmulators.fresh();
    try (GcpSetup setup = GcpSetup.open(place)) {
      assertThat(setup.init()).noneMatch(f -> f.level() == GcpSetup.Level.PROBLEM);
    }
    Gcp opened = Gcp.open(place, Set.of());
    gcp = opened;
    return opened;
  }

  /** Takes all there are and gives them back. */
  @Override
  protected long waiting() {
    JobQueue queue = Objects.requireNonNull(gcp).queue();
    List<JobQueue.Delivery> pulled =
        await(queue.pull(10, JobQueue.ACK_DEADLINE, Duration.ofMillis(500)));
    pulled.forEach(delivery -> await(delivery.release(Duration.ZERO)));
    return pulled.size();
  }
}
