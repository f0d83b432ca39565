package dev.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.JobEvents;
import dev.holdfast.job.JobState;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The instances of one deployment share what they read at their start, but no event loop. */
class InstancesTest {

  @TempDir Path directory;

  @Test
  void eachServesOnAContextOfItsOwn() throws Exception {
    Set<Context> contexts = ConcurrentHashMap.newKeySet();
    ApiFixture api =
        new ApiFixture(
            directory,
            ApiOptions.Limits.USUAL,
            services ->
                ApiFixture.with(
                    services,
                    services.store(),
                    noting(services.events(), contexts),
                    services.webhooks()));
    api.close();
    assertThat(contexts).as("where events are heard").hasSize(2);
  }

  private static JobEvents noting(JobEvents events, Set<Context> contexts) {
    return new JobEvents() {
      @Override
      public Future<Void> publish(JobEvent event) {
        return events.publish(event);
      }

      @Override
      public Subscription subscribe(Set<JobState> states, Consumer<JobEvent> listener) {
        contexts.add(Vertx.currentContext());
        return events.subscribe(states, listener);
      }
    };
  }
}
