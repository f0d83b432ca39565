package dev.holdfast.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.embedded.Embedded;
import dev.holdfast.job.Claimant.Company;
import dev.holdfast.world.Messages;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReconcilerTest extends ReconcilerContract {

  private static final Claimant WORKER =
      new Claimant("w", Job.Place.UNKNOWN, "token", Duration.ofSeconds(30), Company.NONE);

  @TempDir Path directory;

  @Override
  protected Backend open() throws IOException {
    return Embedded.open(directory, Optional.empty(), clock);
  }

  @Override
  protected long waiting() {
    return Messages.in(directory, clock).waiting();
  }

  /** A job of ten items whose checkpoint is behind some parts, beside one that nobody knows of. */
  private Job withParts(Backend backend, JobRecords records, List<Long> parts, boolean orphan)
      throws Exception {
    JobSpec spec =
        new JobSpec("m", new JobSpec.Inline("1\n".repeat(10), 10), Map.of(), 3, null, null);
    Job job = JobLife.created(JobId.random(), spec, clock.instant());
    await(backend.store().create(job));
    job = Objects.requireNonNull(ClaimRules.claim(job, WORKER, clock.instant()).write());
    await(backend.store().replace(JobLife.created(job.id(), spec, clock.instant()), job));
    List<Long> written = new ArrayList<>(parts);
    if (orphan) {
      written.add(7L);
    }
    for (long part : written) {
      await(backend.objects().create(job.partKey(part), Buffer.buffer("{}\n"), Map.of()));
    }
    Job.Checkpoint at = new Job.Checkpoint(10, 20, 11, parts.size(), 3L * parts.size(), 0);
    JobLife.Step step = new JobLife.Step(at, new Job.Progress(10, 0, 10L), "digest");
    return await(
        records.update(
            job,
            (before, now) ->
                orphan ? JobLife.cancelled(before, now) : JobLife.completed(before, step, now)));
  }

  @Test
  void aPartThatTheRecordKnowsIsDeletedByNameAndAllOthersByLooking() throws Exception {
    List<String> deletes = new ArrayList<>();
    try (Backend backend = open()) {
      ObjectStore noting =
          (ObjectStore)
              Proxy.newProxyInstance(
                  ObjectStore.class.getClassLoader(),
                  new Class<?>[] {ObjectStore.class},
                  (proxy, method, arguments) -> {
                    deletes.add(method.getName() + " " + arguments[0]);
                    return method.invoke(backend.objects(), arguments);
                  });
      JobRecords records = new JobRecords(backend.store(), backend.events(), clock);
      Job one = withParts(backend, records, List.of(0L), false);
      Job two = withParts(backend, records, List.of(0L, 4L), false);
      Job left = withParts(backend, records, List.of(0L), true);
      clock.advance(Job.KEPT_AFTER_END);
      try (Reconciler reconciler =
          new Reconciler(
              backend.store(),
              backend.queue(),
              noting,
              records,
              clock,
              (what, why) -> {
                throw new AssertionError(what, why);
              })) {
        assertThat(await(reconciler.reconcile())).isEqualTo(3);
      }
      assertThat(deletes)
          .containsExactlyInAnyOrder(
              "delete " + one.partKey(0),
              "deleteAll results/" + two.id() + "/",
              "deleteAll results/" + left.id() + "/");
      assertThat(await(backend.objects().list("", null, 10))).isEmpty();
    }
  }
}
