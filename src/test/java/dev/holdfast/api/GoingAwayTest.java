package dev.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobId;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One replica goes, another is there. */
class GoingAwayTest {

  @TempDir Path directory;
  private final Vertx outside = Vertx.vertx();
  private ApiFixture here;
  private ApiFixture there;

  @BeforeEach
  void start() throws Exception {
    here = new ApiFixture(directory);
    there = new ApiFixture(directory);
  }

  @AfterEach
  void stop() throws Exception {
    there.close();
    ApiFixture.await(outside.close());
  }

  @Test
  void everyStreamIsToldAndEndedAndMissesNothingElsewhere() throws Exception {
    JobId id = there.submitted(2);
    JobId quick = there.submitted(1);
    Job claimed = there.claimed(id);
    String path = "/v1/jobs/" + id + "/events";
    SocketClient socket = SocketClient.open(outside, here.port, path);
    SseClient sse = SseClient.open(here, path);
    SocketClient many = SocketClient.open(outside, here.port, "/v1/events");
    many.say("{\"subscribe\":[\"%s\"]}".formatted(quick)).until("subscribed");
    assertThat(socket.next().getLong("id")).isEqualTo(2);
    assertThat(sse.next().id()).isEqualTo("2");

    long begun = System.nanoTime();
    here.close();

    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(5));
    for (SocketClient client : new SocketClient[] {socket, many}) {
      assertThat(client.next()).isEqualTo(new JsonObject().put("type", "going-away"));
      client.closes(1001);
    }
    SseClient.Event bye = sse.next();
    assertThat(bye.type()).isEqualTo("going-away");
    assertThat(bye.retry()).isEqualTo("500");
    assertThat(bye.id()).isEmpty();
    sse.ends();

    // what happens while nobody listens
    Job moved = there.checkpointed(claimed, 1, 1, 10);
    there.completed(there.claimed(quick), 1, 1, 10);

    SocketClient again = SocketClient.open(outside, there.port, path + "?since=2");
    assertThat(again.next().getLong("id")).isEqualTo(3);
    SocketClient manyAgain = SocketClient.open(outside, there.port, "/v1/events");
    manyAgain.say("{\"subscribe\":[\"%s\"],\"since\":{\"%s\":1}}".formatted(quick, quick));
    JsonObject end = manyAgain.next();
    assertThat(end.getJsonObject("job").getString("state")).isEqualTo("complete");
    there.completed(moved, 2, 2, 20);
    assertThat(again.next().getJsonObject("job").getString("state")).isEqualTo("complete");
    again.closes(1000);
    manyAgain.close();
  }
}
