package dev.holdfast.worker;

import static dev.holdfast.worker.WorkerWorld.await;
import static dev.holdfast.worker.WorkerWorld.texts;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobSpec;
import dev.holdfast.job.JobState;
import dev.holdfast.job.RowEncoding;
import dev.holdfast.world.ScriptedEngine;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A job's rows are in the form that it asked for, whoever writes them. */
@Timeout(60)
class EncodedJobTest {

  private static final int ITEMS = 24;

  @AutoClose private final WorkerWorld world;

  EncodedJobTest(@TempDir Path directory) throws IOException {
    world = new WorkerWorld(directory);
  }

  private Job submit(String... texts) {
    StringBuilder lines = new StringBuilder();
    for (String text : texts) {
      lines.append('"').append(text).append("\"\n");
    }
    JobSpec spec =
        new JobSpec(
            "scripted",
            new JobSpec.Inline(lines.toString(), texts.length),
            Map.of(),
            3,
            null,
            null,
            null,
            null,
            RowEncoding.BASE64);
    return await(world.intake().submit(JobId.random(), spec)).job();
  }

  @Test
  void acrossAnInterruption() throws Exception {
    String[] texts = texts(ITEMS);
    Job job = submit(texts);
    ScriptedEngine engine = new ScriptedEngine();
    WorkerWorld.Worker leaving = world.worker("leaving", new Mortal(), engine);
    ScriptedEngine.Hold hold = engine.hold();
    Future<Void> done = leaving.begin();
    hold.awaitBatch();
    leaving.drain();
    hold.release();
    await(done);
    world.worker("next").work();

    Job ended = world.job(job.id());
    assertThat(ended.state()).isEqualTo(JobState.COMPLETE);
    assertThat(ended.attempts()).hasSize(2);
    List<JsonObject> rows = world.rows(ended);
    assertThat(rows).hasSize(ITEMS);
    for (int i = 0; i < ITEMS; i++) {
      byte[] bytes = Base64.getDecoder().decode(rows.get(i).getString("embedding"));
      float[] vector = ScriptedEngine.vector(texts[i]);
      float[] read = new float[vector.length];
      assertThat(bytes).hasSize(vector.length * Float.BYTES);
      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(read);
      assertThat(read).containsExactly(vector);
    }
  }
}
