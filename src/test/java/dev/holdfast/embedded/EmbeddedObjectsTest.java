package dev.holdfast.embedded;

import static dev.holdfast.contract.Futures.await;
import static dev.holdfast.contract.Futures.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.contract.ObjectStoreContract;
import dev.holdfast.job.JobError;
import dev.holdfast.job.ObjectStore;
import dev.holdfast.job.ObjectStore.Info;
import dev.holdfast.job.ObjectStore.Upload;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows and files together. */
class EmbeddedObjectsTest extends ObjectStoreContract {

  private static final Buffer LARGE = Buffer.buffer("x".repeat(EmbeddedObjects.ROW_BYTES_MAX + 1));
  private static final Buffer SMALL = LARGE.slice(1, LARGE.length());

  private final Path data;
  @AutoClose private final TwoProcesses processes;

  EmbeddedObjectsTest(@TempDir Path data) throws IOException {
    this.data = data;
    processes = new TwoProcesses(data);
  }

  @Override
  protected ObjectStore objects() {
    return processes.one().objects();
  }

  @Override
  protected ObjectStore another() {
    return processes.other().objects();
  }

  @Test
  void theSmallAreRowsAndTheLargeAreFiles() {
    assertThat(await(objects().create("s/1", SMALL, Map.of()))).isTrue();
    assertThat(await(objects().create("l/1", LARGE, Map.of()))).isTrue();
    assertThat(data.resolve("objects/s/1")).doesNotExist();
    assertThat(data.resolve("objects/l/1")).isRegularFile();
  }

  @Test
  void aKeyIsTakenWhicheverWay() {
    await(objects().create("row", SMALL, Map.of()));
    assertThat(await(another().create("row", LARGE, Map.of()))).isFalse();
    await(objects().create("file", LARGE, Map.of()));
    assertThat(await(another().create("file", SMALL, Map.of()))).isFalse();
    Upload upload = await(another().upload("row", Map.of()));
    await(upload.write(LARGE));
    refusal(upload.commit(), JobError.ILLEGAL_STATE);
    assertThat(data.resolve("objects/row")).doesNotExist();
    assertThat(await(another().read("row", 0, Integer.MAX_VALUE))).isEqualTo(SMALL);
  }

  @Test
  void bothAreListedInOneOrderAndDeletedTogether() {
    List<String> keys = IntStream.range(10, 20).mapToObj(i -> "k/" + i).toList();
    for (String key : keys) {
      Buffer content = key.endsWith("3") || key.endsWith("6") ? LARGE : SMALL;
      await(objects().create(key, content, Map.of()));
    }
    List<String> listed = new ArrayList<>();
    for (List<Info> page = await(another().list("k/", null, 3));
        !page.isEmpty();
        page = await(another().list("k/", listed.get(listed.size() - 1), 3))) {
      page.forEach(info -> listed.add(info.key()));
    }
    assertThat(listed).isEqualTo(keys);
    assertThat(await(objects().delete("k/13"))).isTrue();
    assertThat(await(objects().deleteAll("k/"))).isEqualTo(9);
    assertThat(await(another().list("k/", null, 3))).isEmpty();
  }

  /** More of them than one transaction deletes. */
  @Test
  void manyRowsAreDeleted() {
    List<Future<Boolean>> created = new ArrayList<>();
    for (int i = 0; i < 1_200; i++) {
      created.add(objects().create("many/" + i, Buffer.buffer("x"), Map.of()));
    }
    created.forEach(future -> assertThat(await(future)).isTrue());
    assertThat(await(another().deleteAll("many/"))).isEqualTo(1_200);
  }

  /** A process that died between linking its file and finding that it had lost. */
  @Test
  void aRowHidesTheFileThatLostToIt() throws IOException {
    await(objects().create("a", LARGE, Map.of("from", "file")));
    Path file = data.resolve("objects/a");
    Path aside = Files.move(file, data.resolve("aside"));
    await(objects().create("a", SMALL, Map.of("from", "row")));
    Files.move(aside, file);

    assertThat(await(another().read("a", 0, Integer.MAX_VALUE))).isEqualTo(SMALL);
    assertThat(await(another().stat("a")).orElseThrow().metadata()).containsEntry("from", "row");
    assertThat(await(another().list("a", null, 10))).hasSize(1);
    assertThat(await(objects().delete("a"))).isTrue();
    assertThat(await(another().stat("a"))).isEmpty();
  }

  @Test
  void aDamagedRowIsNotedByAWholeRead() throws SQLException {
    await(objects().create("a/b", Buffer.buffer("0123456789"), Map.of()));
    try (SqliteSession session = SqliteSession.open(data.resolve("holdfast.db"))) {
      session.update("UPDATE objects SET content = CAST('0123x56789' AS BLOB)");
    }
    assertThat(refusal(objects().read("a/b", 0, 10), JobError.INTERNAL))
        .hasMessageContaining("a/b is damaged");
    assertThat(await(objects().read("a/b", 1, 3))).isEqualTo(Buffer.buffer("123"));
  }
}
