package dev.holdfast.job;

/**
 * Every port on one vendor, to be closed as one. Thread-safe.
 *
 * <p>Closing blocks until running calls have ended, at most some seconds; later calls fail. It is
 * idempotent.
 */
public interface Backend extends AutoCloseable {

  JobQueue queue();

  JobStore store();

  JobEvents events();

  WorkerRoster roster();

  ObjectStore objects();

  ExternalInputs externalInputs();

  @Override
  void close();
}
