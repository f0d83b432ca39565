package dev.holdfast.api;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;

/** Where rows go. One call at a time: the next after the future of the last completed. */
interface RowSink {

  /** Takes some bytes; completes when there is room for more. */
  Future<Void> write(Buffer chunk);

  Future<Void> end();

  /** Rows as they are stored, one a line. */
  record Lines(HttpServerResponse response) implements RowSink {

    @Override
    public Future<Void> write(Buffer chunk) {
      return response.write(chunk);
    }

    @Override
    public Future<Void> end() {
      return response.end();
    }
  }

  /** Rows as the elements of one JSON array. */
  final class Array implements RowSink {

    private final HttpServerResponse response;
    private boolean begun;
    private boolean lineEnded;

    Array(HttpServerResponse response) {
      this.response = response;
    }

    @Override
    public Future<Void> write(Buffer chunk) {
      Buffer json = Buffer.buffer(chunk.length() + 2);
      for (int i = 0; i < chunk.length(); i++) {
        byte b = chunk.getByte(i);
        if (b == '\n') {
          lineEnded = true;
          continue;
        }
        if (!begun || lineEnded) {
          json.appendByte((byte) (begun ? ',' : '['));
          begun = true;
          lineEnded = false;
        }
        json.appendByte(b);
      }
      return json.length() == 0 ? Future.succeededFuture() : response.write(json);
    }

    @Override
    public Future<Void> end() {
      return response.end(begun ? "]" : "[]");
    }
  }
}
