package dev.holdfast.api;

import dev.holdfast.job.ObjectStore;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.util.List;

/**
 * Carries a range of the concatenated parts to the client, one chunk at a time: the next is read
 * when the last has gone out, so a slow client holds one chunk of memory and nothing else.
 */
final class PartPump {

  /** Bytes that are in memory for one download. */
  static final int CHUNK_BYTES = 256 * 1024;

  private final List<ObjectStore.Info> parts;
  private final Reader reader;
  private final RowSink sink;
  private final ApiMetrics metrics;
  private final Promise<Void> done = Promise.promise();
  private long left;
  private int part;
  private long offset;

  interface Reader {
    Future<Buffer> read(String key, long from, int length);
  }

  PartPump(
      List<ObjectStore.Info> parts,
      ByteRange range,
      Reader reader,
      RowSink sink,
      ApiMetrics metrics) {
    this.parts = parts;
    this.reader = reader;
    this.sink = sink;
    this.metrics = metrics;
    this.left = range.length();
    this.offset = range.from();
  }

  /** Completes when the last byte has gone out. Call it once. */
  Future<Void> run() {
    next();
    return done.future();
  }

  private void next() {
    while (part < parts.size() && offset >= parts.get(part).bytes()) {
      offset -= parts.get(part).bytes();
      part++;
    }
    if (left == 0) {
      sink.end().onComplete(done);
      return;
    }
    ObjectStore.Info info = parts.get(part);
    int length = (int) Math.min(CHUNK_BYTES, Math.min(left, info.bytes() - offset));
    reader
        .read(info.key(), offset, length)
        .compose(chunk -> write(info, chunk))
        .onComplete(
            written -> {
              if (written.failed()) {
                done.fail(written.cause());
              } else {
                next();
              }
            });
  }

  private Future<Void> write(ObjectStore.Info info, Buffer chunk) {
    if (chunk.length() == 0) {
      return Future.failedFuture(
          new IllegalStateException(info.key() + " is shorter than the store said"));
    }
    offset += chunk.length();
    left -= chunk.length();
    metrics.resultBytes(chunk.length());
    return sink.write(chunk);
  }
}
