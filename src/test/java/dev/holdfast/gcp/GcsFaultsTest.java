package dev.holdfast.gcp;

import static dev.holdfast.contract.Futures.await;
import static dev.holdfast.contract.Futures.failure;
import static dev.holdfast.contract.Futures.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.cloud.storage.BlobInfo;
import dev.holdfast.gcp.HttpFaults.Fault;
import dev.holdfast.gcp.HttpFaults.Kind;
import dev.holdfast.job.ExternalInputs;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobException;
import dev.holdfast.job.ObjectStore.Info;
import dev.holdfast.job.ObjectStore.Upload;
import dev.holdfast.world.OnEmulators;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@OnEmulators
class GcsFaultsTest {

  /** More faults than any call has attempts. */
  private static final int ALWAYS = 20;

  /** A call's own limit and what a busy machine adds. */
  private static final Duration CALL_MAX = GcsCalls.CALL_MAX.plusSeconds(2);

  private static final Map<String, String> NONE = Map.of();

  private GcsWorld direct;
  private HttpFaults faults;
  private GcsWorld faulty;
  private GcsObjectStore objects;
  private GcsObjectStore truth;

  @BeforeEach
  void open() {
    direct = GcsWorld.fresh();
    faults = new HttpFaults(direct.url());
    faulty = direct.through(faults.url());
    objects = faulty.objects();
    truth = direct.objects();
  }

  @AfterEach
  void close() throws Exception {
    objects.close();
    truth.close();
    faulty.close();
    faults.close();
    direct.close();
  }

  private static Buffer random(int bytes) {
    byte[] content = new byte[bytes];
    new Random(bytes).nextBytes(content);
    return Buffer.buffer(content);
  }

  private static final Buffer PART = random(4_096);

  private static final Buffer THREE_CHUNKS = random(2 * GcsWriter.CHUNK_BYTES + 4_321);

  private void isThere(String key, Buffer content) {
    assertThat(await(truth.read(key, 0, Integer.MAX_VALUE))).isEqualTo(content);
  }

  /** The failure of a call that ends within its limit without an answer. */
  private static Throwable fault(Future<?> call, String named) {
    long from = System.nanoTime();
    Throwable failure = failure(call);
    assertThat(Duration.ofNanos(System.nanoTime() - from)).isLessThan(CALL_MAX);
    assertThat(failure)
        .isNotInstanceOf(JobException.class)
        .hasMessageContaining("Cloud Storage: " + named + " gs://");
    return failure;
  }

  @Test
  void eachCallCostsOneRequest() {
    await(objects.create("a", PART, Map.of("items", "3")));
    assertThat(await(objects.read("a", 0, Integer.MAX_VALUE))).isEqualTo(PART);
    await(objects.stat("a"));
    await(objects.list("", null, 10));
    Upload small = await(objects.upload("b", NONE));
    await(small.write(PART));
    await(small.commit());
    assertThat(faults.requests())
        .isEqualTo(Map.of(Kind.CREATE, 2, Kind.MEDIA, 1, Kind.STAT, 1, Kind.LIST, 1));
    faults.reset();
    await(objects.create("large", THREE_CHUNKS, NONE));
    assertThat(faults.requests()).isEqualTo(Map.of(Kind.START, 1, Kind.CHUNK, 3));
    faults.reset();
    assertThat(await(objects.delete("a"))).isTrue();
    assertThat(faults.requests()).isEqualTo(Map.of(Kind.DELETE, 1));
    faults.reset();
    assertThat(await(objects.deleteAll(""))).isEqualTo(2);
    assertThat(faults.requests()).isEqualTo(Map.of(Kind.LIST, 1, Kind.DELETE, 2));
  }

  @Test
  void everyCallSurvivesAServiceThatIsBrieflyUnavailable() {
    for (Kind kind : Kind.values()) {
      faults.next(kind, Fault.UNAVAILABLE, 2);
    }
    assertThat(await(objects.create("a", PART, NONE))).isTrue();
    assertThat(await(objects.stat("a"))).contains(new Info("a", PART.length(), NONE));
    assertThat(await(objects.read("a", 0, Integer.MAX_VALUE))).isEqualTo(PART);
    assertThat(await(objects.list("", null, 10))).hasSize(1);
    assertThat(faults.requests()).containsEntry(Kind.CREATE, 3).containsEntry(Kind.MEDIA, 3);
    faults.reset();
    faults.next(Kind.START, Fault.UNAVAILABLE, 2);
    faults.next(Kind.CHUNK, Fault.UNAVAILABLE, 1);
    faults.next(Kind.QUESTION, Fault.UNAVAILABLE, 1);
    faults.next(Kind.DELETE, Fault.UNAVAILABLE, 2);
    assertThat(await(objects.create("large", THREE_CHUNKS, NONE))).isTrue();
    isThere("large", THREE_CHUNKS);
    assertThat(await(objects.delete("a"))).isTrue();
    faults.next(Kind.DELETE, Fault.UNAVAILABLE, 2);
    assertThat(await(objects.deleteAll(""))).isEqualTo(1);
  }

  @Test
  void aServiceThatStaysUnavailableIsAFaultAndNotAnAnswer() {
    for (Kind kind : Kind.values()) {
      faults.next(kind, Fault.UNAVAILABLE, ALWAYS);
    }
    assertThat(fault(objects.create("a", PART, NONE), "create")).hasMessageContaining("503");
    fault(objects.stat("a"), "stat");
    fault(objects.read("a", 0, 10), "read");
    fault(objects.list("a", null, 10), "list");
    fault(objects.deleteAll("a"), "list");
  }

  @Test
  void aCreateWhoseReplyWasLostKnowsItsOwnObject() {
    faults.next(Kind.CREATE, Fault.CUT, 1);
    assertThat(await(objects.create("a", PART, Map.of("items", "3")))).isTrue();
    assertThat(faults.requests()).containsEntry(Kind.CREATE, 2).containsEntry(Kind.STAT, 1);
    assertThat(await(truth.stat("a"))).contains(new Info("a", PART.length(), Map.of("items", "3")));
    isThere("a", PART);
    assertThat(await(objects.create("a", PART, NONE))).as("another's").isFalse();
  }

  @Test
  void aLargeCreateWhoseReplyWasLostKnowsItsOwnObject() {
    faults.next(Kind.START, Fault.CUT, 1);
    faults.next(Kind.CHUNK, Fault.CUT, ALWAYS);
    assertThat(await(objects.create("large", THREE_CHUNKS, NONE))).isTrue();
    isThere("large", THREE_CHUNKS);
    assertThat(await(objects.create("large", THREE_CHUNKS, NONE))).as("another's").isFalse();
  }

  @Test
  void aConflictWithAnotherIsNoSuccess() {
    await(truth.create("a", Buffer.buffer("first"), NONE));
    faults.next(Kind.CREATE, Fault.UNAVAILABLE, 1);
    assertThat(await(objects.create("a", PART, NONE))).isFalse();
    isThere("a", Buffer.buffer("first"));
    faults.next(Kind.CREATE, Fault.PRECONDITION_FAILED, 1);
    assertThat(await(objects.create("b", PART, NONE))).as("it was there, and is gone").isFalse();
  }

  @Test
  void aConflictThatCannotBeLookedIntoIsAFault() {
    await(truth.create("a", Buffer.buffer("first"), NONE));
    faults.next(Kind.STAT, Fault.UNAVAILABLE, ALWAYS);
    fault(objects.create("a", PART, NONE), "create");
  }

  @Test
  void aSlowAnswerIsAskedForAgainWithinTheLimit() {
    await(truth.create("there", PART, NONE));
    faults.next(Kind.CREATE, Fault.SLOW, 1);
    faults.next(Kind.MEDIA, Fault.SLOW, 1);
    Future<Boolean> created = objects.create("a", PART, NONE);
    Future<Buffer> read = objects.read("there", 0, Integer.MAX_VALUE);
    assertThat(await(created, CALL_MAX)).isTrue();
    assertThat(await(read, CALL_MAX)).isEqualTo(PART);
    isThere("a", PART);
  }

  @Test
  void aServiceThatStaysSlowIsAFaultWithinTheLimit() {
    for (Kind kind : Kind.values()) {
      faults.next(kind, Fault.SLOW, ALWAYS);
    }
    Future<Boolean> created = objects.create("a", PART, NONE);
    Future<?> stat = objects.stat("a");
    Future<?> read = objects.read("a", 0, 1);
    Future<?> listed = objects.list("", null, 1);
    fault(created, "create");
    fault(stat, "stat");
    fault(read, "read");
    fault(listed, "list");
  }

  @ParameterizedTest
  @EnumSource(names = {"TRUNCATE", "CORRUPT"})
  void aSpoiledDownloadIsReadAgainAndNeverReturned(Fault fault) {
    await(truth.create("a", PART, NONE));
    faults.next(Kind.MEDIA, fault, 1);
    assertThat(await(objects.read("a", 0, Integer.MAX_VALUE))).isEqualTo(PART);
    faults.next(Kind.MEDIA, fault, ALWAYS);
    fault(objects.read("a", 0, Integer.MAX_VALUE), "read");
  }

  @Test
  void aTruncatedRangeIsNeverReturned() {
    await(truth.create("a", PART, NONE));
    faults.next(Kind.MEDIA, Fault.TRUNCATE, 1);
    assertThat(await(objects.read("a", 96, 1_000))).isEqualTo(PART.getBuffer(96, 1_096));
    faults.next(Kind.MEDIA, Fault.TRUNCATE, ALWAYS);
    fault(objects.read("a", 96, 1_000), "read");
  }

  @Test
  void whatIsSpoiledOnItsWayInIsRefusedAndNotStored() {
    faults.next(Kind.CREATE, Fault.CORRUPT, 1);
    assertThat(fault(objects.create("a", PART, NONE), "create")).hasMessageContaining("400");
    faults.next(Kind.CHUNK, Fault.CORRUPT, 1);
    fault(objects.create("large", THREE_CHUNKS, NONE), "create");
    assertThat(await(truth.list("", null, 10))).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(names = {"UNAVAILABLE", "CUT"})
  void anUploadSurvivesAFaultInEachOfItsRequests(Fault fault) {
    Upload upload = await(objects.upload("large", Map.of("rows", "7")));
    faults.next(Kind.START, fault, 1);
    faults.next(Kind.CHUNK, fault, 1);
    for (int at = 0; at < THREE_CHUNKS.length(); at += 1_000_000) {
      int to = Math.min(THREE_CHUNKS.length(), at + 1_000_000);
      await(upload.write(THREE_CHUNKS.getBuffer(at, to)));
    }
    faults.next(Kind.CHUNK, fault, 1);
    assertThat(await(upload.commit()))
        .isEqualTo(new Info("large", THREE_CHUNKS.length(), Map.of("rows", "7")));
    isThere("large", THREE_CHUNKS);
    assertThat(faults.requests().get(Kind.QUESTION)).isPositive();
  }

  @Test
  void aSmallUploadWhoseReplyWasLostKnowsItsOwnObject() {
    Upload upload = await(objects.upload("small", NONE));
    await(upload.write(PART));
    faults.next(Kind.CREATE, Fault.CUT, 1);
    await(upload.commit());
    isThere("small", PART);
  }

  @Test
  void deletingSurvivesLostReplies() {
    for (int i = 0; i < 5; i++) {
      await(truth.create("d/" + i, PART, NONE));
    }
    faults.next(Kind.DELETE, Fault.CUT, 2);
    await(objects.deleteAll("d/"));
    assertThat(await(truth.list("", null, 10))).isEmpty();
  }

  @Test
  void whatIsForbiddenNamesTheRole() {
    for (Kind kind : Kind.values()) {
      faults.next(kind, Fault.FORBIDDEN, ALWAYS);
    }
    assertThat(fault(objects.create("a", PART, NONE), "create"))
        .hasMessageContaining("403")
        .hasMessageContaining("roles/storage.objectUser");
    fault(objects.read("a", 0, 1), "read");
  }

  @Test
  void inputsThatMayNotBeReadNameTheRoleAndThoseOutOfReachAreAFault() {
    String bucket = direct.options().inputBuckets().iterator().next();
    direct.storage().create(BlobInfo.newBuilder(bucket, "in.jsonl").build(), PART.getBytes());
    String uri = "gs://" + bucket + "/in.jsonl";
    GcsExternalInputs inputs =
        new GcsExternalInputs(faulty.storage(), direct.options().inputBuckets(), faulty.threads());
    ExternalInputs.Info info = await(inputs.stat(uri));
    faults.next(Kind.STAT, Fault.FORBIDDEN, 1);
    faults.next(Kind.MEDIA, Fault.FORBIDDEN, 1);
    assertThat(refusal(inputs.stat(uri), JobError.INPUT_UNREADABLE))
        .hasMessageContaining("roles/storage.objectViewer");
    refusal(inputs.read(uri, info.revision(), 0, 1), JobError.INPUT_UNREADABLE);
    faults.next(Kind.STAT, Fault.UNAVAILABLE, ALWAYS);
    faults.next(Kind.MEDIA, Fault.UNAVAILABLE, ALWAYS);
    fault(inputs.stat(uri), "stat");
    fault(inputs.read(uri, info.revision(), 0, 1), "read");
  }
}
