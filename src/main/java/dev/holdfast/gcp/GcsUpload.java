package dev.holdfast.gcp;

import com.google.cloud.WriteChannel;
import com.google.cloud.storage.StorageException;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobException;
import dev.holdfast.job.ObjectStore.Info;
import dev.holdfast.job.ObjectStore.Upload;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An object that arrives in chunks. They are gathered until they are worth a request; what never
 * gets there is created with one. After a call has failed it can only be aborted.
 */
final class GcsUpload implements Upload {

  /** One chunk on a slow line, with its retries. */
  private static final Duration CALL_MAX = Duration.ofSeconds(90);

  private final GcsWriter writer;
  private final GcsCalls calls;
  private final Consumer<GcsUpload> atEnd;
  private Buffer gathered = Buffer.buffer();
  private @Nullable WriteChannel channel;
  private long bytes;
  private boolean ended;

  /**
   * @param atEnd told once, when nothing more is held for this upload
   */
  GcsUpload(GcsWriter writer, GcsCalls calls, Consumer<GcsUpload> atEnd) {
    this.writer = writer;
    this.calls = calls;
    this.atEnd = atEnd;
  }

  private String named(String verb) {
    return "%s gs://%s/%s".formatted(verb, writer.object().bucket(), writer.object().key());
  }

  // synchronized against close(), which discards from another thread

  @Override
  public Future<Void> write(Buffer chunk) {
    synchronized (this) {
      if (!ended) {
        gathered.appendBuffer(chunk);
        bytes += chunk.length();
        if (gathered.length() < GcsWriter.CHUNK_BYTES) {
          return Future.succeededFuture();
        }
      }
    }
    return calls.run(named("upload"), CALL_MAX, this::send).mapEmpty();
  }

  /** Sends whole chunks and keeps the rest. */
  private synchronized boolean send() throws IOException {
    requireOpen();
    try {
      int whole = gathered.length() - gathered.length() % GcsWriter.CHUNK_BYTES;
      hand(gathered.getBytes(0, whole));
      gathered = gathered.getBuffer(whole, gathered.length());
      return true;
    } catch (IOException | RuntimeException e) {
      discard();
      if (GcsWriter.conflicts(e)) {
        throw taken();
      }
      throw e;
    }
  }

  private void hand(byte[] content) throws IOException {
    WriteChannel open = channel;
    if (open == null) {
      open = writer.begin();
      channel = open;
    }
    GcsWriter.write(open, content);
  }

  @Override
  public Future<Info> commit() {
    return calls.run(named("upload"), CALL_MAX, this::finish);
  }

  private synchronized Info finish() throws IOException {
    requireOpen();
    try {
      if (!created()) {
        throw taken();
      }
      return writer.object().info(bytes);
    } finally {
      discard();
    }
  }

  private boolean created() throws IOException {
    WriteChannel open = channel;
    if (open == null) {
      return writer.createAtOnce(gathered.getBytes());
    }
    try {
      hand(gathered.getBytes());
      open.close();
      return true;
    } catch (IOException | StorageException e) {
      if (!GcsWriter.conflicts(e)) {
        throw e;
      }
      return writer.made();
    }
  }

  private JobException taken() {
    return JobError.ILLEGAL_STATE.because(
        "The object " + writer.object().key() + " exists already.");
  }

  @Override
  public Future<Void> abort() {
    // not here: a call that was given up may still hold the lock
    return calls.run(named("abort"), CALL_MAX, this::discard).mapEmpty();
  }

  /**
   * Forgets what was written. The channel is left as it is: closing it would make the object
   * appear, and the service forgets an upload that is not finished within a week.
   */
  synchronized boolean discard() {
    boolean discarded = !ended;
    if (discarded) {
      ended = true;
      gathered = Buffer.buffer();
      channel = null;
      atEnd.accept(this);
    }
    return discarded;
  }

  private void requireOpen() {
    if (ended) {
      throw JobError.ILLEGAL_STATE.because(
          "The upload of " + writer.object().key() + " has ended.");
    }
  }
}
