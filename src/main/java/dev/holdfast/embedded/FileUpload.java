package dev.holdfast.embedded;

import dev.holdfast.job.JobError;
import dev.holdfast.job.ObjectStore.Info;
import dev.holdfast.job.ObjectStore.Upload;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.util.Map;

/** An object that arrives in chunks. After a call has failed it can only be aborted. */
final class FileUpload implements Upload {

  private final FileObjectStore store;
  private final String key;
  private final Map<String, String> metadata;
  private final ObjectWriting writing;
  private boolean ended;

  FileUpload(
      FileObjectStore store, String key, Map<String, String> metadata, ObjectWriting writing) {
    this.store = store;
    this.key = key;
    this.metadata = metadata;
    this.writing = writing;
  }

  String key() {
    return key;
  }

  Map<String, String> metadata() {
    return metadata;
  }

  @Override
  public Future<Void> write(Buffer chunk) {
    return store.run("write", key, () -> append(chunk.getBytes())).mapEmpty();
  }

  // synchronized against close(), which discards from another thread

  private synchronized boolean append(byte[] chunk) throws IOException {
    requireOpen();
    try {
      writing.append(chunk);
      return true;
    } catch (IOException e) {
      discard();
      throw e;
    }
  }

  @Override
  public Future<Info> commit() {
    return store.run("commit", key, this::finish);
  }

  private synchronized Info finish() throws IOException {
    requireOpen();
    try {
      return store.commit(this, writing);
    } finally {
      discard();
    }
  }

  @Override
  public Future<Void> abort() {
    return store.run("abort", key, this::discard).mapEmpty();
  }

  /** Deletes what was written unless it has become the object. */
  synchronized boolean discard() throws IOException {
    boolean discarded = !ended;
    if (discarded) {
      ended = true;
      store.ended(this);
      writing.close();
    }
    return discarded;
  }

  private void requireOpen() {
    if (ended) {
      throw JobError.ILLEGAL_STATE.because("The upload of " + key + " has ended.");
    }
  }
}
