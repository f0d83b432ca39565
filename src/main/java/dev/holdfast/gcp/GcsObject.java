package dev.holdfast.gcp;

import com.google.cloud.storage.Blob;
import com.google.cloud.storage.BlobId;
import com.google.cloud.storage.BlobInfo;
import dev.holdfast.job.JobId;
import dev.holdfast.job.ObjectStore.Info;
import java.util.HashMap;
import java.util.Map;

/**
 * An object as it is about to be written. Its token, in an entry of its metadata that nobody else
 * sees, tells our own object from another's when a reply was lost.
 */
record GcsObject(String bucket, String key, Map<String, String> metadata, String token) {

  /** Where the token lies among an object's metadata. */
  static final String TOKEN = "holdfast-write";

  private static final String CONTENT_TYPE = "application/octet-stream";

  static GcsObject of(String bucket, String key, Map<String, String> metadata) {
    return new GcsObject(bucket, key, Map.copyOf(metadata), JobId.randomToken());
  }

  BlobId id() {
    return BlobId.of(bucket, key);
  }

  BlobInfo blob() {
    Map<String, String> all = new HashMap<>(metadata);
    all.put(TOKEN, token);
    return BlobInfo.newBuilder(id()).setContentType(CONTENT_TYPE).setMetadata(all).build();
  }

  Info info(long bytes) {
    return new Info(key, bytes, metadata);
  }

  /** What is known of an object that was read with its name, size and metadata. */
  static Info info(Blob blob) {
    return new Info(blob.getName(), blob.getSize(), metadata(blob));
  }

  private static Map<String, String> metadata(Blob blob) {
    Map<String, String> known = new HashMap<>();
    if (blob.getMetadata() != null) {
      blob.getMetadata()
          .forEach(
              (name, value) -> {
                if (!name.equals(TOKEN)) {
                  known.put(name, value == null ? "" : value);
                }
              });
    }
    return Map.copyOf(known);
  }

  /** Whether this write made the object that was found. */
  boolean made(Blob found) {
    return found.getMetadata() != null && token.equals(found.getMetadata().get(TOKEN));
  }
}
