package dev.holdfast.job;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;

/**
 * Inputs that belong to the user and that Holdfast only reads, by URI, from where the operator
 * allows it: files under a root, objects in named buckets.
 *
 * <p>Fails with {@link JobError#INPUT_OUTSIDE_ROOT}, {@link JobError#INPUT_NOT_FOUND} or {@link
 * JobError#INPUT_UNREADABLE}, each with a sentence that says what is allowed.
 */
public interface ExternalInputs {

  /** Looks at an input without reading it. */
  Future<Info> stat(String uri);

  /**
   * @param uri the same input in its one normal spelling
   * @param revision changes when the content does
   */
  record Info(String uri, long bytes, String revision) {}

  /**
   * At most {@code length} bytes from byte {@code from}; fewer only at the end. Fails with {@link
   * JobError#INPUT_CHANGED} if the input is no longer at {@code revision}.
   */
  Future<Buffer> read(String uri, String revision, long from, int length);
}
