package dev.holdfast.embedded;

import dev.holdfast.adapter.ObjectKey;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobException;
import dev.holdfast.job.ObjectStore;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Small objects as rows of the database, others as files. A row shares its way to the disk with all
 * that is written at the same time, where a file costs two; a file can be written in a stream and
 * keeps its bulk out of the log.
 *
 * <p>A key is created once, whichever way: a row looks for the file within its transaction; a file
 * is linked first and withdrawn if by then, with every earlier transaction ended, there is a row.
 * Whoever reads looks for the row first, so a file that a crash kept from being withdrawn is never
 * seen.
 */
final class EmbeddedObjects implements ObjectStore {

  /**
   * Up to here an object is a row. SQLite's own measurements have rows faster than files up to some
   * 100 KB (sqlite.org/intern-v-extern-blob.html); less, since rows are written twice and other
   * processes wait meanwhile.
   */
  static final int ROW_BYTES_MAX = 32 * 1024;

  private final SqliteObjects rows;
  private final FileObjectStore files;

  EmbeddedObjects(SqliteObjects rows, FileObjectStore files) {
    this.rows = rows;
    this.files = files;
  }

  private interface Call<T> {
    Future<T> call();
  }

  private static <T> Future<T> checked(Runnable check, Call<T> call) {
    try {
      check.run();
    } catch (JobException e) {
      return Future.failedFuture(e);
    }
    return call.call();
  }

  @Override
  public Future<Boolean> create(String key, Buffer content, Map<String, String> metadata) {
    return checked(
        () -> {
          ObjectKey.check(key);
          ObjectKey.checkMetadata(metadata);
        },
        () ->
            content.length() <= ROW_BYTES_MAX
                ? rows.create(key, content.getBytes(), metadata, files::has)
                : createFile(key, content, metadata));
  }

  private Future<Boolean> createFile(String key, Buffer content, Map<String, String> metadata) {
    return rows.find(key, files::has)
        .compose(
            found ->
                found.row().isPresent()
                    ? Future.succeededFuture(false)
                    : files
                        .create(key, content, metadata)
                        .compose(
                            created ->
                                created ? keptUnlessRow(key) : Future.succeededFuture(false)));
  }

  private Future<Boolean> keptUnlessRow(String key) {
    return rows.settled(key)
        .compose(row -> row ? files.delete(key).map(false) : Future.succeededFuture(true));
  }

  @Override
  public Future<Upload> upload(String key, Map<String, String> metadata) {
    return files.upload(key, metadata).map(upload -> new Checked(key, upload));
  }

  private final class Checked implements Upload {
    private final String key;
    private final Upload file;

    Checked(String key, Upload file) {
      this.key = key;
      this.file = file;
    }

    @Override
    public Future<Void> write(Buffer chunk) {
      return file.write(chunk);
    }

    @Override
    public Future<Info> commit() {
      return file.commit()
          .compose(
              info ->
                  keptUnlessRow(key)
                      .map(
                          kept -> {
                            if (!kept) {
                              throw JobError.ILLEGAL_STATE.because(
                                  "The object " + key + " exists already.");
                            }
                            return info;
                          }));
    }

    @Override
    public Future<Void> abort() {
      return file.abort();
    }
  }

  @Override
  public Future<Optional<Info>> stat(String key) {
    return checked(
        () -> ObjectKey.check(key),
        () ->
            rows.find(key, files::has)
                .compose(
                    found ->
                        found.elsewhere() ? files.stat(key) : Future.succeededFuture(found.row())));
  }

  @Override
  public Future<Buffer> read(String key, long from, int length) {
    if (from < 0 || length < 0) {
      return files.read(key, from, length);
    }
    return checked(
        () -> ObjectKey.check(key),
        () ->
            rows.read(key, from, length)
                .compose(
                    found ->
                        found
                            .map(Future::succeededFuture)
                            .orElseGet(() -> files.read(key, from, length))));
  }

  @Override
  public Future<List<Info>> list(String prefix, @Nullable String after, int limit) {
    return checked(
        () -> ObjectKey.checkPrefix(prefix),
        () ->
            rows.list(prefix, after, Math.max(0, limit))
                .compose(
                    small ->
                        files
                            .list(prefix, after, limit)
                            .map(large -> merged(small, large, limit))));
  }

  private static List<Info> merged(List<Info> rows, List<Info> files, int limit) {
    Map<String, Info> byKey = new TreeMap<>();
    files.forEach(file -> byKey.put(file.key(), file));
    rows.forEach(row -> byKey.put(row.key(), row));
    return byKey.values().stream().limit(Math.max(0, limit)).toList();
  }

  @Override
  public Future<Boolean> delete(String key) {
    return checked(
        () -> ObjectKey.check(key),
        () -> rows.delete(key).compose(row -> files.delete(key).map(file -> row || file)));
  }

  @Override
  public Future<Integer> deleteAll(String prefix) {
    return checked(
        () -> ObjectKey.checkPrefix(prefix),
        () ->
            rows.deleteAll(prefix)
                .compose(small -> files.deleteAll(prefix).map(large -> small + large)));
  }
}
