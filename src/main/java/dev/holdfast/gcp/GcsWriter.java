package dev.holdfast.gcp;

import com.google.cloud.WriteChannel;
import com.google.cloud.storage.Blob;
import com.google.cloud.storage.Storage;
import com.google.cloud.storage.Storage.BlobField;
import com.google.cloud.storage.Storage.BlobGetOption;
import com.google.cloud.storage.Storage.BlobTargetOption;
import com.google.cloud.storage.Storage.BlobWriteOption;
import com.google.cloud.storage.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Writes one object on the condition that there is none of its name. Blocks. */
final class GcsWriter {

  /** Larger content goes in chunks of this size, a multiple of the service's 256 KiB. */
  static final int CHUNK_BYTES = 8 * 1024 * 1024;

  private final Storage storage;
  private final GcsObject object;

  GcsWriter(Storage storage, GcsObject object) {
    this.storage = storage;
    this.object = object;
  }

  GcsObject object() {
    return object;
  }

  /**
   * With one request; the client adds the checksum.
   *
   * @return false if another's object was there
   */
  boolean createAtOnce(byte[] content) {
    try {
      storage.create(
          object.blob(),
          content,
          BlobTargetOption.doesNotExist(),
          BlobTargetOption.disableGzipContent());
      return true;
    } catch (StorageException e) {
      if (!conflicts(e)) {
        throw e;
      }
      return made();
    }
  }

  /**
   * By a resumable upload.
   *
   * @return false if another's object was there
   */
  boolean createInChunks(byte[] content) throws IOException {
    try {
      WriteChannel channel = begin();
      write(channel, content);
      channel.close();
      return true;
    } catch (IOException | StorageException e) {
      if (!conflicts(e)) {
        throw e;
      }
      return made();
    }
  }

  /** Begins a resumable upload. */
  WriteChannel begin() {
    WriteChannel channel =
        storage.writer(
            object.blob(), BlobWriteOption.doesNotExist(), BlobWriteOption.disableGzipContent());
    channel.setChunkSize(CHUNK_BYTES);
    return channel;
  }

  static void write(WriteChannel channel, byte[] content) throws IOException {
    ByteBuffer left = ByteBuffer.wrap(content);
    while (left.hasRemaining()) {
      channel.write(left);
    }
  }

  /** Whether an object was in the way. */
  static boolean conflicts(Exception failure) {
    return GcsCalls.status(failure) == GcsCalls.PRECONDITION_FAILED;
  }

  /** Asked after a conflict: the object may be this very one, whose reply was lost. */
  boolean made() {
    Blob found = storage.get(object.id(), BlobGetOption.fields(BlobField.METADATA));
    return found != null && object.made(found);
  }
}
