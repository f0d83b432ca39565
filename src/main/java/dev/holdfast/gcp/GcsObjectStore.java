package dev.holdfast.gcp;

import com.google.api.gax.paging.Page;
import com.google.cloud.storage.Blob;
import com.google.cloud.storage.BlobId;
import com.google.cloud.storage.Storage;
import com.google.cloud.storage.Storage.BlobField;
import com.google.cloud.storage.Storage.BlobGetOption;
import com.google.cloud.storage.Storage.BlobListOption;
import com.google.cloud.storage.Storage.BlobSourceOption;
import com.google.cloud.storage.StorageException;
import dev.holdfast.adapter.BoundedThreads;
import dev.holdfast.adapter.ObjectKey;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobException;
import dev.holdfast.job.ObjectStore;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Objects in one bucket of Cloud Storage. Each is created on the condition that there is none, so
 * the client may repeat the call; a repeat that meets the object of a call whose reply was lost
 * knows it by its token. The service verifies the checksum of what it is sent.
 */
final class GcsObjectStore implements ObjectStore, AutoCloseable {

  /** Uploads that may be open in one process; each may hold a chunk in memory. */
  static final int UPLOADS_MAX = 32;

  private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

  private static final int PAGE_MAX = 1_000;
  private static final int DELETES_AT_ONCE = 16;

  private final Storage storage;
  private final Storage patient;
  private final Storage repeating;
  private final String bucket;
  private final GcsCalls calls;
  private final GcsDownload download;

  /** What many deletions at once share, so that they leave threads to others. */
  private final Semaphore moreDeletes = new Semaphore(DELETES_AT_ONCE);

  private final Set<GcsUpload> uploads = ConcurrentHashMap.newKeySet();

  /**
   * @param storage stays open when this store is closed, as do the threads
   */
  GcsObjectStore(Storage storage, String bucket, BoundedThreads threads) {
    this.storage = storage;
    this.patient = GcsClient.patient(storage);
    this.repeating = GcsClient.repeating(storage);
    this.bucket = bucket;
    this.calls = new GcsCalls(threads);
    this.download = new GcsDownload(storage);
  }

  private String named(String verb, String key) {
    return "%s gs://%s/%s".formatted(verb, bucket, key);
  }

  @Override
  public Future<Boolean> create(String key, Buffer content, Map<String, String> metadata) {
    Duration limit = GcsCalls.CALL_MAX.multipliedBy(1 + content.length() / GcsWriter.CHUNK_BYTES);
    return calls.run(
        named("create", key),
        limit,
        () -> {
          check(key, metadata);
          GcsWriter writer = new GcsWriter(storage, GcsObject.of(bucket, key, metadata));
          return content.length() > GcsWriter.CHUNK_BYTES
              ? writer.createInChunks(content.getBytes())
              : writer.createAtOnce(content.getBytes());
        });
  }

  private static void check(String key, Map<String, String> metadata) {
    ObjectKey.check(key);
    ObjectKey.checkMetadata(metadata);
    if (metadata.containsKey(GcsObject.TOKEN)) {
      throw JobError.INVALID_REQUEST.because(
          "The metadata name " + GcsObject.TOKEN + " is taken by the store itself.");
    }
  }

  @Override
  public Future<Upload> upload(String key, Map<String, String> metadata) {
    try {
      check(key, metadata);
    } catch (JobException e) {
      return Future.failedFuture(e);
    }
    if (uploads.size() >= UPLOADS_MAX) {
      return Future.failedFuture(
          new JobException(
              JobError.UNAVAILABLE,
              "This process already has %d uploads open.".formatted(UPLOADS_MAX),
              RETRY_AFTER));
    }
    GcsWriter writer = new GcsWriter(patient, GcsObject.of(bucket, key, metadata));
    GcsUpload upload = new GcsUpload(writer, calls, uploads::remove);
    uploads.add(upload);
    return Future.succeededFuture(upload);
  }

  @Override
  public Future<Optional<Info>> stat(String key) {
    return calls.run(
        named("stat", key),
        () -> {
          ObjectKey.check(key);
          return info(key);
        });
  }

  private Optional<Info> info(String key) {
    Blob found =
        storage.get(
            BlobId.of(bucket, key), BlobGetOption.fields(BlobField.SIZE, BlobField.METADATA));
    return Optional.ofNullable(found).map(GcsObject::info);
  }

  @Override
  public Future<Buffer> read(String key, long from, int length) {
    return calls.run(
        named("read", key),
        () -> {
          ObjectKey.check(key);
          if (from < 0 || length < 0) {
            throw JobError.RANGE_NOT_SATISFIABLE.because("A range begins at 0 or after.");
          }
          Optional<byte[]> content =
              length == 0
                  ? info(key).map(there -> new byte[0])
                  : download.read(bucket, key, null, from, length);
          return Buffer.buffer(
              content.orElseThrow(
                  () -> JobError.INPUT_NOT_FOUND.because("There is no object " + key + ".")));
        });
  }

  @Override
  public Future<List<Info>> list(String prefix, @Nullable String after, int limit) {
    return calls.run(
        named("list", prefix),
        () -> {
          ObjectKey.checkPrefix(prefix);
          return limit > 0 ? listed(prefix, after, limit) : List.of();
        });
  }

  private List<Info> listed(String prefix, @Nullable String after, int limit) {
    List<BlobListOption> options = new ArrayList<>();
    options.add(BlobListOption.prefix(prefix));
    options.add(BlobListOption.fields(BlobField.NAME, BlobField.SIZE, BlobField.METADATA));
    // the service begins with the offset itself, so one more is needed
    options.add(BlobListOption.pageSize(Math.min(PAGE_MAX, limit + (after == null ? 0L : 1L))));
    if (after != null) {
      options.add(BlobListOption.startOffset(after));
    }
    List<Info> found = new ArrayList<>();
    for (Blob blob : storage.list(bucket, options.toArray(new BlobListOption[0])).iterateAll()) {
      if (!blob.getName().equals(after)) {
        found.add(GcsObject.info(blob));
      }
      if (found.size() == limit) {
        break;
      }
    }
    return found;
  }

  @Override
  public Future<Boolean> delete(String key) {
    return calls.run(
        named("delete", key),
        () -> {
          ObjectKey.check(key);
          return repeating.delete(BlobId.of(bucket, key));
        });
  }

  @Override
  public Future<Integer> deleteAll(String prefix) {
    AtomicInteger deleted = new AtomicInteger();
    return calls
        .run(
            named("list", prefix),
            () -> {
              ObjectKey.checkPrefix(prefix);
              return storage.list(
                  bucket,
                  BlobListOption.prefix(prefix),
                  BlobListOption.fields(BlobField.NAME, BlobField.GENERATION),
                  BlobListOption.pageSize(PAGE_MAX));
            })
        .compose(page -> deletePages(prefix, page, deleted))
        .map(all -> deleted.get());
  }

  private Future<Void> deletePages(String prefix, Page<Blob> page, AtomicInteger deleted) {
    Queue<Blob> left = new ConcurrentLinkedQueue<>();
    page.getValues().forEach(left::add);
    List<Future<Void>> lanes = new ArrayList<>();
    lanes.add(deleteRest(left, deleted));
    while (lanes.size() < DELETES_AT_ONCE && !left.isEmpty() && moreDeletes.tryAcquire()) {
      lanes.add(deleteRest(left, deleted).onComplete(done -> moreDeletes.release()));
    }
    return Future.join(lanes)
        .compose(
            done ->
                page.hasNextPage()
                    ? calls
                        .run(named("list", prefix), page::getNextPage)
                        .compose(next -> deletePages(prefix, next, deleted))
                    : Future.succeededFuture());
  }

  private Future<Void> deleteRest(Queue<Blob> left, AtomicInteger deleted) {
    Blob next = left.poll();
    if (next == null) {
      return Future.succeededFuture();
    }
    return calls
        .run(named("delete", next.getName()), () -> delete(next))
        .compose(
            gone -> {
              deleted.addAndGet(gone ? 1 : 0);
              return deleteRest(left, deleted);
            });
  }

  /** One generation, so that the client may repeat it; false if it was gone. */
  private boolean delete(Blob blob) {
    try {
      return storage.delete(
          BlobId.of(bucket, blob.getName()),
          BlobSourceOption.generationMatch(blob.getGeneration()));
    } catch (StorageException e) {
      if (e.getCode() == GcsCalls.PRECONDITION_FAILED) {
        return false;
      }
      throw e;
    }
  }

  /** Forgets the uploads that are under way. */
  @Override
  public void close() {
    uploads.forEach(GcsUpload::discard);
  }
}
