package dev.holdfast.gcp;

import static dev.holdfast.contract.Futures.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.contract.Jobs;
import dev.holdfast.job.Backend;
import dev.holdfast.job.Claim;
import dev.holdfast.job.Claimant;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobIntake;
import dev.holdfast.job.JobLife;
import dev.holdfast.job.JobQueue;
import dev.holdfast.job.JobState;
import dev.holdfast.job.ReconcilerContract;
import dev.holdfast.world.GoogleEmulators;
import dev.holdfast.world.OnEmulators;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

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

  /**
   * Each eviction is a delivery for the broker, which forgets a message after a hundred of them.
   */
  @Test
  void aJobThatIsEvictedUntilTheBrokerGivesItsMessageUpGoesOn() throws Exception {
    JobQueue queue = backend.queue();
    JobIntake intake = new JobIntake(backend.store(), queue, records, clock);
    JobId id = await(intake.submit(JobId.random(), Jobs.spec("m", Map.of()))).job().id();
    int deliveries = 0;
    for (List<JobQueue.Delivery> pulled = pull(queue); !pulled.isEmpty(); pulled = pull(queue)) {
      evict(id, "w" + ++deliveries);
      await(pulled.get(0).release(Duration.ZERO));
    }
    assertThat(deliveries).isEqualTo(limit());
    assertThat(await(backend.store().get(id)).orElseThrow().state())
        .isEqualTo(JobState.INTERRUPTED);

    clock.advance(Duration.ofMinutes(1));
    assertThat(await(reconciler.reconcile())).isEqualTo(1);
    List<JobQueue.Delivery> again = pull(queue);
    assertThat(again).extracting(delivery -> delivery.message().job()).containsExactly(id);
    assertThat(await(records.claim(id, claimant("last")))).isInstanceOf(Claim.Claimed.class);
    await(again.get(0).release(Duration.ZERO));
    assertThat(waiting()).as("a new message has a count of its own").isEqualTo(1);
  }

  private static List<JobQueue.Delivery> pull(JobQueue queue) {
    return await(queue.pull(1, JobQueue.ACK_DEADLINE, Duration.ofSeconds(1)));
  }

  private static int limit() {
    PubSubLayout.DeadLetterPolicy policy = PubSubLayout.read().subscriptions().jobs().deadLetter();
    return Objects.requireNonNull(policy).maxDeliveryAttempts();
  }

  private static Claimant claimant(String worker) {
    return new Claimant(
        worker, Job.Place.UNKNOWN, worker, JobQueue.ACK_DEADLINE, Claimant.Company.NONE);
  }

  private void evict(JobId id, String worker) {
    await(records.claim(id, claimant(worker)));
    await(records.update(id, JobLife::interrupted));
  }
}
