package dev.holdfast.contract;

import static dev.holdfast.contract.Futures.await;
import static dev.holdfast.contract.Futures.failure;
import static dev.holdfast.contract.Futures.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.JobError;
import dev.holdfast.job.ObjectStore;
import dev.holdfast.job.ObjectStore.Info;
import dev.holdfast.job.ObjectStore.Upload;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every {@link ObjectStore} does. Each test begins with an empty store. */
public abstract class ObjectStoreContract {

  private static final Map<String, String> NONE = Map.of();

  protected abstract ObjectStore objects();

  /** The same objects as another process sees them. */
  protected abstract ObjectStore another();

  private static Buffer random(int bytes, long seed) {
    byte[] content = new byte[bytes];
    new Random(seed).nextBytes(content);
    return Buffer.buffer(content);
  }

  private Buffer readAll(String key) {
    return await(another().read(key, 0, Integer.MAX_VALUE));
  }

  @Test
  void keepsContentAndMetadata() {
    Map<String, String> metadata = Map.of("items", "12", "note", "ü \" \\ \n {}");
    Buffer content = random(100_000, 1);
    assertThat(await(objects().create("results/job/part-0.jsonl", content, metadata))).isTrue();
    assertThat(readAll("results/job/part-0.jsonl")).isEqualTo(content);
    assertThat(await(another().stat("results/job/part-0.jsonl")))
        .contains(new Info("results/job/part-0.jsonl", 100_000, metadata));
  }

  @Test
  void createsOnceAndNeverOverwrites() {
    assertThat(await(objects().create("a", Buffer.buffer("first"), Map.of("n", "1")))).isTrue();
    assertThat(await(another().create("a", Buffer.buffer("second"), Map.of("n", "2")))).isFalse();
    assertThat(readAll("a")).isEqualTo(Buffer.buffer("first"));
    assertThat(await(objects().stat("a")).orElseThrow().metadata()).containsEntry("n", "1");
  }

  @Test
  void aRaceHasOneWinnerWhoseObjectIsWhole() {
    for (int round = 0; round < 10; round++) {
      String key = "race/" + round;
      List<Future<Boolean>> rivals = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        ObjectStore mine = i % 2 == 0 ? objects() : another();
        // sizes on both sides of where an adapter may begin to keep objects in another way
        rivals.add(mine.create(key, random(20_000 + 5_000 * i, i), Map.of("rival", "" + i)));
      }
      List<Integer> winners =
          IntStream.range(0, 8).filter(i -> await(rivals.get(i))).boxed().toList();
      assertThat(winners).hasSize(1);
      int winner = winners.get(0);
      assertThat(readAll(key)).isEqualTo(random(20_000 + 5_000 * winner, winner));
      assertThat(await(objects().stat(key)).orElseThrow().metadata())
          .containsEntry("rival", "" + winner);
    }
  }

  @Test
  void anEmptyObjectIsAnObject() {
    assertThat(await(objects().create("empty", Buffer.buffer(), NONE))).isTrue();
    assertThat(await(objects().create("empty", Buffer.buffer("x"), NONE))).isFalse();
    assertThat(readAll("empty")).isEqualTo(Buffer.buffer());
    assertThat(await(objects().stat("empty"))).contains(new Info("empty", 0, NONE));
  }

  @Test
  void readsRanges() {
    await(objects().create("digits", Buffer.buffer("0123456789"), NONE));
    assertThat(await(objects().read("digits", 3, 4))).isEqualTo(Buffer.buffer("3456"));
    assertThat(await(objects().read("digits", 8, 100))).isEqualTo(Buffer.buffer("89"));
    assertThat(await(objects().read("digits", 10, 5))).isEqualTo(Buffer.buffer());
    assertThat(await(objects().read("digits", 1_000_000_000_000L, 5))).isEqualTo(Buffer.buffer());
    assertThat(await(objects().read("digits", 4, 0))).isEqualTo(Buffer.buffer());
    assertThat(await(objects().read("digits", 0, 1))).isEqualTo(Buffer.buffer("0"));
  }

  @Test
  void whatIsNotThereIsNotFound() {
    refusal(objects().read("nothing/here", 0, 10), JobError.INPUT_NOT_FOUND);
    assertThat(await(objects().stat("nothing/here"))).isEmpty();
    assertThat(await(objects().list("nothing/", null, 10))).isEmpty();
    assertThat(await(objects().deleteAll("nothing/"))).isZero();
  }

  @Test
  void anUploadAppearsWhenItIsCommittedAndNotBefore() {
    Upload upload = await(objects().upload("big/one", Map.of("rows", "3")));
    Buffer expected = Buffer.buffer();
    for (int i = 0; i < 5; i++) {
      Buffer chunk = random(50_000, i);
      expected.appendBuffer(chunk);
      await(upload.write(chunk));
    }
    assertThat(await(another().stat("big/one"))).isEmpty();
    assertThat(await(another().list("", null, 10))).isEmpty();
    Info info = new Info("big/one", 250_000, Map.of("rows", "3"));
    assertThat(await(upload.commit())).isEqualTo(info);
    await(upload.abort());
    assertThat(await(another().stat("big/one"))).contains(info);
    assertThat(readAll("big/one")).isEqualTo(expected);
  }

  @Test
  void anAbortedUploadLeavesNothing() {
    Upload upload = await(objects().upload("gone", NONE));
    await(upload.write(Buffer.buffer("some")));
    await(upload.abort());
    await(upload.abort());
    failure(upload.commit());
    assertThat(await(objects().stat("gone"))).isEmpty();
    assertThat(await(objects().create("gone", Buffer.buffer("new"), NONE))).isTrue();
  }

  @Test
  void theSecondOfTwoUploadsIsRefused() {
    Upload first = await(objects().upload("same", NONE));
    Upload second = await(another().upload("same", NONE));
    await(first.write(Buffer.buffer("first")));
    await(second.write(Buffer.buffer("second")));
    await(second.commit());
    refusal(first.commit(), JobError.ILLEGAL_STATE);
    assertThat(readAll("same")).isEqualTo(Buffer.buffer("second"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "/a",
        "a/",
        "a//b",
        ".",
        "..",
        "../a",
        "a/../b",
        "a/..",
        "./a",
        "a/./b",
        "a\\b",
        "a b",
        "a\n",
        "a\u0000",
        "ä",
        "a%2f..",
        "~uploads/a",
        "C:a",
        "a/*"
      })
  void refusesAHostileKey(String key) {
    refusal(objects().create(key, Buffer.buffer("x"), NONE), JobError.INVALID_REQUEST);
    refusal(objects().upload(key, NONE), JobError.INVALID_REQUEST);
    refusal(objects().read(key, 0, 1), JobError.INVALID_REQUEST);
    refusal(objects().stat(key), JobError.INVALID_REQUEST);
    refusal(objects().delete(key), JobError.INVALID_REQUEST);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "..", "../", "a/../", "a//", "./", "/etc/", "~"})
  void refusesAHostilePrefix(String prefix) {
    refusal(objects().list(prefix, null, 10), JobError.INVALID_REQUEST);
    refusal(objects().deleteAll(prefix), JobError.INVALID_REQUEST);
  }

  @Test
  void takesKeysUpToTheLimitAndUnusualOnes() {
    String longest = "k".repeat(100) + "/" + "v".repeat(ObjectStore.KEY_CHARS_MAX - 101);
    for (String key : List.of(longest, "...", ".hidden", "-", "_/..a", "a.b-c_D/9")) {
      assertThat(await(objects().create(key, Buffer.buffer(key), NONE))).as(key).isTrue();
      assertThat(readAll(key)).isEqualTo(Buffer.buffer(key));
    }
    refusal(objects().create(longest + "x", Buffer.buffer(), NONE), JobError.INVALID_REQUEST);
    refusal(
        objects().create("m", Buffer.buffer(), Map.of("n", "x".repeat(3_000))),
        JobError.INVALID_REQUEST);
  }

  @Test
  void listsKeysInTheirOrderInPages() {
    List<String> keys =
        Arrays.asList("p/a", "p/a-b", "p/b.c", "p/b/1", "p/b/10", "p/b/2", "p/b0", "p/c/d/e", "pq");
    List<String> shuffled = new ArrayList<>(keys);
    shuffled.add("o/z");
    shuffled.sort((a, b) -> Integer.compare(a.hashCode(), b.hashCode()));
    shuffled.forEach(key -> await(objects().create(key, Buffer.buffer("12"), Map.of("k", key))));
    for (int limit = 1; limit <= keys.size() + 1; limit++) {
      List<String> listed = new ArrayList<>();
      List<Info> page;
      @Nullable String after = null;
      do {
        page = await(another().list("p", after, limit));
        assertThat(page).hasSizeLessThanOrEqualTo(limit);
        for (Info info : page) {
          assertThat(info).isEqualTo(new Info(info.key(), 2, Map.of("k", info.key())));
          listed.add(info.key());
          after = info.key();
        }
      } while (!page.isEmpty());
      assertThat(listed).as("limit " + limit).isEqualTo(keys);
    }
    assertThat(await(objects().list("p/b/1", null, 10)))
        .extracting(Info::key)
        .containsExactly("p/b/1", "p/b/10");
    assertThat(await(objects().list("p/b", "p/b/10", 2)))
        .extracting(Info::key)
        .containsExactly("p/b/2", "p/b0");
  }

  @Test
  void deletesWhatBeginsWithThePrefixAndNothingElse() {
    for (String key : List.of("d/1/a", "d/1/b", "d/1x", "d/2/a", "e")) {
      await(objects().create(key, Buffer.buffer(key), NONE));
    }
    assertThat(await(objects().deleteAll("d/1/"))).isEqualTo(2);
    assertThat(await(another().list("", null, 10)))
        .extracting(Info::key)
        .containsExactly("d/1x", "d/2/a", "e");
    assertThat(await(objects().create("d/1/a", Buffer.buffer("new"), NONE))).isTrue();
  }

  @Test
  void deletesOneObjectAndNothingElse() {
    for (String key : List.of("d/1", "d/10", "e/1/a")) {
      await(objects().create(key, Buffer.buffer(key), NONE));
    }
    assertThat(await(objects().delete("d/1"))).isTrue();
    assertThat(await(objects().delete("d/1"))).isFalse();
    assertThat(await(objects().delete("e/1"))).as("a prefix is no object").isFalse();
    assertThat(await(objects().delete("never/there"))).isFalse();
    assertThat(await(another().list("", null, 10)))
        .extracting(Info::key)
        .containsExactly("d/10", "e/1/a");
    assertThat(await(objects().create("d/1", Buffer.buffer("new"), NONE))).isTrue();
  }

  @Test
  void creatingWhileItsDirectoryIsDeletedAsEmptyStillWorks() {
    List<Future<?>> calls = new ArrayList<>();
    List<Future<Boolean>> created = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      created.add(objects().create("kept/deep/er/" + i, Buffer.buffer("x"), NONE));
      calls.add(another().deleteAll("kept/"));
    }
    created.forEach(future -> assertThat(await(future)).isTrue());
    calls.forEach(Futures::await);
  }
}
