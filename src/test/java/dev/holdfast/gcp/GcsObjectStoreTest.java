package dev.holdfast.gcp;

import static dev.holdfast.contract.Futures.await;
import static dev.holdfast.contract.Futures.failure;
import static dev.holdfast.contract.Futures.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.contract.ObjectStoreContract;
import dev.holdfast.job.JobError;
import dev.holdfast.job.ObjectStore;
import dev.holdfast.job.ObjectStore.Info;
import dev.holdfast.job.ObjectStore.Upload;
import dev.holdfast.world.OnEmulators;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@OnEmulators
class GcsObjectStoreTest extends ObjectStoreContract {

  private GcsWorld world;
  private GcsObjectStore one;
  private GcsObjectStore other;

  @BeforeEach
  void open() {
    world = GcsWorld.fresh();
    one = world.objects();
    other = world.objects();
  }

  @AfterEach
  void close() throws Exception {
    one.close();
    other.close();
    world.close();
  }

  @Override
  protected ObjectStore objects() {
    return one;
  }

  @Override
  protected ObjectStore another() {
    return other;
  }

  private static Buffer random(int bytes) {
    byte[] content = new byte[bytes];
    new Random(bytes).nextBytes(content);
    return Buffer.buffer(content);
  }

  @Test
  void largeContentIsCreatedInChunksAndOnlyOnce() {
    Buffer content = random(2 * GcsWriter.CHUNK_BYTES + 12_345);
    assertThat(await(one.create("large", content, Map.of("items", "9")))).isTrue();
    assertThat(await(other.create("large", content, Map.of()))).isFalse();
    assertThat(await(other.read("large", 0, Integer.MAX_VALUE))).isEqualTo(content);
    assertThat(await(other.stat("large")))
        .contains(new Info("large", content.length(), Map.of("items", "9")));
  }

  @Test
  void anUploadOfManyChunksIsWholeAndItsRivalIsRefused() {
    Upload upload = await(one.upload("many", Map.of()));
    Upload rival = await(other.upload("many", Map.of()));
    Buffer expected = Buffer.buffer();
    for (int i = 0; i < 5; i++) {
      Buffer chunk = random(5_000_000 + i);
      expected.appendBuffer(chunk);
      await(upload.write(chunk));
      await(rival.write(chunk));
    }
    assertThat(await(other.stat("many"))).isEmpty();
    assertThat(await(upload.commit()).bytes()).isEqualTo(expected.length());
    refusal(rival.commit(), JobError.ILLEGAL_STATE);
    assertThat(await(other.read("many", 0, Integer.MAX_VALUE))).isEqualTo(expected);
    assertThat(await(other.read("many", 20_000_000, 7)))
        .isEqualTo(expected.getBuffer(20_000_000, 20_000_007));
  }

  @Test
  void anUploadThatWasAbortedBetweenChunksLeavesNothing() {
    Upload upload = await(one.upload("gone", Map.of()));
    await(upload.write(random(GcsWriter.CHUNK_BYTES + 1)));
    await(upload.abort());
    failure(upload.write(Buffer.buffer("x")));
    assertThat(await(other.list("", null, 10))).isEmpty();
  }

  @Test
  void anEmptyUploadIsAnEmptyObject() {
    Upload upload = await(one.upload("empty", Map.of("n", "0")));
    assertThat(await(upload.commit())).isEqualTo(new Info("empty", 0, Map.of("n", "0")));
    assertThat(await(other.read("empty", 0, 10))).isEqualTo(Buffer.buffer());
  }

  @Test
  void openUploadsAreBounded() {
    List<Upload> open = new ArrayList<>();
    for (int i = 0; i < GcsObjectStore.UPLOADS_MAX; i++) {
      open.add(await(one.upload("u/" + i, Map.of())));
    }
    refusal(one.upload("u/more", Map.of()), JobError.UNAVAILABLE);
    await(open.get(0).abort());
    await(one.upload("u/more", Map.of()));
  }

  @Test
  void deletesMoreThanAPage() {
    int objects = 1_100;
    List<Integer> created =
        IntStream.range(0, objects)
            .boxed()
            .filter(i -> await(one.create("pages/" + i, Buffer.buffer("x"), Map.of())))
            .toList();
    assertThat(created).hasSize(objects);
    assertThat(await(one.list("pages/", null, 2_000))).hasSize(objects);
    assertThat(await(one.deleteAll("pages/"))).isEqualTo(objects);
    assertThat(await(one.list("pages/", null, 10))).isEmpty();
  }

  @Test
  void theStoresOwnMetadataIsNotForOthers() {
    refusal(
        one.create("a", Buffer.buffer(), Map.of(GcsObject.TOKEN, "x")), JobError.INVALID_REQUEST);
    refusal(one.upload("a", Map.of(GcsObject.TOKEN, "x")), JobError.INVALID_REQUEST);
  }

  @Test
  void aBucketThatIsNotThereIsAFaultAndNamed() {
    GcsObjectStore nowhere = new GcsObjectStore(world.storage(), "no-such-bucket", world.threads());
    assertThat(failure(nowhere.read("a", 0, 1)))
        .hasMessageContaining("read gs://no-such-bucket/a")
        .hasMessageContaining("bucket does not exist");
    assertThat(failure(nowhere.create("a", Buffer.buffer("x"), Map.of())))
        .hasMessageContaining("create gs://no-such-bucket/a")
        .hasMessageContaining("bucket does not exist");
    nowhere.close();
  }
}
