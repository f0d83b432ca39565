package dev.holdfast.gcp;

import com.google.cloud.storage.Blob;
import com.google.cloud.storage.BlobId;
import com.google.cloud.storage.Storage;
import com.google.cloud.storage.Storage.BlobField;
import com.google.cloud.storage.Storage.BlobGetOption;
import com.google.cloud.storage.StorageException;
import dev.holdfast.adapter.BoundedThreads;
import dev.holdfast.job.ExternalInputs;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobException;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;

/**
 * Objects in named buckets, as {@code gs://bucket/object}. The object's name is everything behind
 * the bucket, letter for letter and never decoded, as Google's own tools take it; so each input has
 * one spelling. An input's revision is the object's generation, which the service itself compares.
 */
final class GcsExternalInputs implements ExternalInputs {

  private static final String SCHEME = "gs://";

  /** The service's own limit. */
  private static final int NAME_BYTES_MAX = 1_024;

  private static final String SETTING = "HOLDFAST_GCP_INPUT_BUCKETS";

  private final Storage storage;
  private final Set<String> buckets;
  private final GcsCalls calls;
  private final GcsDownload download;

  /**
   * @param buckets the only ones from which inputs are read
   * @param threads stay open, as does the client
   */
  GcsExternalInputs(Storage storage, Set<String> buckets, BoundedThreads threads) {
    this.storage = storage;
    this.buckets = Set.copyOf(buckets);
    this.calls = new GcsCalls(threads);
    this.download = new GcsDownload(storage);
  }

  private record Name(String bucket, String object) {
    String uri() {
      return SCHEME + bucket + "/" + object;
    }
  }

  @Override
  public Future<Info> stat(String uri) {
    return run("stat", uri, name -> find(name).orElseThrow(() -> notFound(name)));
  }

  private Optional<Info> find(Name name) {
    Blob found =
        storage.get(
            BlobId.of(name.bucket(), name.object()),
            BlobGetOption.fields(BlobField.SIZE, BlobField.GENERATION, BlobField.CONTENT_ENCODING));
    if (found == null) {
      return Optional.empty();
    }
    if ("gzip".equals(found.getContentEncoding())) {
      throw JobError.INPUT_UNREADABLE.because(
          "The input %s is stored with Content-Encoding gzip; store it uncompressed."
              .formatted(name.uri()));
    }
    return Optional.of(new Info(name.uri(), found.getSize(), Long.toString(found.getGeneration())));
  }

  @Override
  public Future<Buffer> read(String uri, String revision, long from, int length) {
    return run(
        "read",
        uri,
        name -> {
          if (from < 0 || length < 0) {
            throw JobError.RANGE_NOT_SATISFIABLE.because("A range begins at 0 or after.");
          }
          Optional<Long> generation = generation(revision);
          if (generation.isPresent() && length > 0) {
            Optional<byte[]> content =
                download.read(name.bucket(), name.object(), generation.get(), from, length);
            if (content.isPresent()) {
              return Buffer.buffer(content.get());
            }
          }
          Info now = find(name).orElseThrow(() -> notFound(name));
          if (!now.revision().equals(revision)) {
            throw JobError.INPUT_CHANGED.because(
                "The input %s has changed since the job was submitted.".formatted(name.uri()));
          }
          if (length > 0) {
            throw new IOException("the object is there, but what it holds was not found");
          }
          return Buffer.buffer();
        });
  }

  /** Empty if no object ever had that revision. */
  private static Optional<Long> generation(String revision) {
    try {
      return Optional.of(Long.parseLong(revision)).filter(generation -> generation > 0);
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  private static JobException notFound(Name name) {
    return JobError.INPUT_NOT_FOUND.because("There is no input " + name.uri());
  }

  /**
   * @throws JobException if the URI names nothing that may be read
   */
  private Name name(String uri) {
    if (buckets.isEmpty()) {
      throw JobError.INPUT_OUTSIDE_ROOT.because(
          "No bucket for inputs is configured; "
              + SETTING
              + " names those whose objects may be used.");
    }
    int slash = uri.indexOf('/', SCHEME.length());
    if (!uri.startsWith(SCHEME) || slash < 0) {
      throw JobError.INPUT_OUTSIDE_ROOT.because(
          "An input is an object, such as %s%s/in.jsonl."
              .formatted(SCHEME, buckets.iterator().next()));
    }
    String bucket = uri.substring(SCHEME.length(), slash);
    if (!buckets.contains(bucket)) {
      throw JobError.INPUT_OUTSIDE_ROOT.because(
          "The input lies in none of the buckets whose objects may be used: %s."
              .formatted(buckets.stream().sorted().collect(Collectors.joining(", "))));
    }
    String object = uri.substring(slash + 1);
    if (!lawful(object)) {
      throw JobError.INPUT_OUTSIDE_ROOT.because(
          "The input's object has no lawful name: 1 to %d bytes of UTF-8, none a control character, not . or .."
              .formatted(NAME_BYTES_MAX));
    }
    return new Name(bucket, object);
  }

  private static boolean lawful(String object) {
    return !object.isEmpty()
        && !object.equals(".")
        && !object.equals("..")
        && object.length() <= NAME_BYTES_MAX
        && object.getBytes(StandardCharsets.UTF_8).length <= NAME_BYTES_MAX
        && StandardCharsets.UTF_8.newEncoder().canEncode(object)
        && object.chars().noneMatch(Character::isISOControl);
  }

  private interface Call<T> {
    T on(Name name) throws IOException;
  }

  private <T> Future<T> run(String verb, String uri, Call<T> call) {
    Name name;
    try {
      name = name(uri);
    } catch (JobException e) {
      return Future.failedFuture(e);
    }
    Callable<T> work =
        () -> {
          try {
            return call.on(name);
          } catch (IOException | StorageException e) {
            if (GcsCalls.status(e) == GcsCalls.FORBIDDEN) {
              throw JobError.INPUT_UNREADABLE.because(
                  "Holdfast may not read the input %s; grant its service account roles/storage.objectViewer on the bucket %s."
                      .formatted(name.uri(), name.bucket()));
            }
            throw e;
          }
        };
    return calls.run(verb + " " + name.uri(), work);
  }
}
