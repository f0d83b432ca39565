package dev.holdfast.gcp;

import static dev.holdfast.contract.Futures.await;
import static dev.holdfast.contract.Futures.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.cloud.storage.BlobInfo;
import dev.holdfast.contract.ExternalInputsContract;
import dev.holdfast.job.ExternalInputs;
import dev.holdfast.job.ExternalInputs.Info;
import dev.holdfast.job.JobError;
import dev.holdfast.world.OnEmulators;
import io.vertx.core.buffer.Buffer;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@OnEmulators
class GcsExternalInputsTest extends ExternalInputsContract {

  private GcsWorld world;
  private String bucket;
  private GcsExternalInputs inputs;

  @BeforeEach
  void open() {
    world = GcsWorld.fresh();
    bucket = world.options().inputBuckets().iterator().next();
    inputs =
        new GcsExternalInputs(world.storage(), world.options().inputBuckets(), world.threads());
  }

  @AfterEach
  void close() throws Exception {
    world.close();
  }

  @Override
  protected ExternalInputs inputs() {
    return inputs;
  }

  @Override
  protected String put(String name, Buffer content) {
    return put(bucket, name, content);
  }

  private String put(String into, String name, Buffer content) {
    world.storage().create(BlobInfo.newBuilder(into, name).build(), content.getBytes());
    return "gs://" + into + "/" + name;
  }

  @Override
  protected String outside() {
    return put(world.options().bucket(), "results/secret", Buffer.buffer("secret"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a b.jsonl",
        "\u00fc/\u65e5\u672c.jsonl",
        "per%20cent",
        "100%",
        "a//b",
        "../../up",
        "what?x=1&y#frag",
        "plus+plus",
        "ends/",
        "\ud83d\ude80"
      })
  void aNameIsTakenLetterForLetter(String name) {
    String uri = put(name, Buffer.buffer(name));
    Info info = await(inputs.stat(uri));
    assertThat(info.uri()).isEqualTo(uri);
    assertThat(await(inputs.read(info.uri(), info.revision(), 0, 100)))
        .isEqualTo(Buffer.buffer(name));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".", "..", "a\nb", "a\u0000", "\ud800"})
  void aNameThatNoObjectCanHaveIsRefused(String name) {
    assertThat(refusal(inputs.stat("gs://" + bucket + "/" + name), JobError.INPUT_OUTSIDE_ROOT))
        .hasMessageContaining("lawful name");
  }

  @Test
  void aNameThatIsTooLongIsRefused() {
    refusal(inputs.stat("gs://" + bucket + "/" + "x".repeat(1_025)), JobError.INPUT_OUTSIDE_ROOT);
    refusal(inputs.stat("gs://" + bucket + "/" + "x".repeat(1_024)), JobError.INPUT_NOT_FOUND);
  }

  @Test
  void anotherBucketIsRefusedWithTheAllowedOnesNamed() {
    assertThat(refusal(inputs.stat(outside()), JobError.INPUT_OUTSIDE_ROOT))
        .hasMessageContaining(bucket);
    refusal(inputs.stat("gs://" + bucket), JobError.INPUT_OUTSIDE_ROOT);
    refusal(inputs.stat("gs://" + bucket + "x/in.jsonl"), JobError.INPUT_OUTSIDE_ROOT);
    refusal(inputs.stat("GS://" + bucket + "/in.jsonl"), JobError.INPUT_OUTSIDE_ROOT);
    refusal(inputs.stat("file:///etc/passwd"), JobError.INPUT_OUTSIDE_ROOT);
  }

  @Test
  void withoutBucketsTheSettingIsNamed() {
    GcsExternalInputs closed = new GcsExternalInputs(world.storage(), Set.of(), world.threads());
    assertThat(
            refusal(
                closed.stat(put("rows.jsonl", Buffer.buffer("x"))), JobError.INPUT_OUTSIDE_ROOT))
        .hasMessageContaining("HOLDFAST_GCP_INPUT_BUCKETS");
  }

  @Test
  void anInputThatIsGoneIsNotFoundAtItsOldRevisionEither() {
    Info info = await(inputs.stat(put("rows.jsonl", Buffer.buffer("x"))));
    world.storage().delete(bucket, "rows.jsonl");
    refusal(inputs.read(info.uri(), info.revision(), 0, 1), JobError.INPUT_NOT_FOUND);
  }

  @Test
  void noBytesAreReadFromTheRightRevisionOnly() {
    Info info = await(inputs.stat(put("rows.jsonl", Buffer.buffer("x"))));
    assertThat(await(inputs.read(info.uri(), info.revision(), 0, 0))).isEqualTo(Buffer.buffer());
    put("rows.jsonl", Buffer.buffer("y"));
    refusal(inputs.read(info.uri(), info.revision(), 0, 0), JobError.INPUT_CHANGED);
  }

  @Test
  void whatIsStoredCompressedIsRefused() {
    world
        .storage()
        .create(
            BlobInfo.newBuilder(bucket, "rows.gz").setContentEncoding("gzip").build(),
            new byte[] {31, -117, 8});
    assertThat(refusal(inputs.stat("gs://" + bucket + "/rows.gz"), JobError.INPUT_UNREADABLE))
        .hasMessageContaining("uncompressed");
  }

  @Test
  void aRangeThatIsNoneIsRefused() {
    Info info = await(inputs.stat(put("rows.jsonl", Buffer.buffer("x"))));
    refusal(inputs.read(info.uri(), info.revision(), -1, 1), JobError.RANGE_NOT_SATISFIABLE);
  }
}
