package dev.holdfast.embedded;

import dev.holdfast.adapter.BoundedThreads;
import dev.holdfast.job.Backend;
import dev.holdfast.job.Clocked;
import dev.holdfast.job.ExternalInputs;
import dev.holdfast.job.JobEvents;
import dev.holdfast.job.JobQueue;
import dev.holdfast.job.JobStore;
import dev.holdfast.job.ObjectStore;
import dev.holdfast.job.WorkerRoster;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Every port on one machine: {@code holdfast.db} and {@code objects/} in a data directory, which
 * any number of processes of the machine may share. It must lie on a local file system.
 *
 * <p>Thread-safe. A future completes on the Vert.x context of its caller; for a caller without one,
 * on a thread of this class, which its listeners must not block. When a limit is reached or the
 * process is closing, calls fail with {@link dev.holdfast.job.JobError#UNAVAILABLE}.
 */
public final class Embedded implements Backend {

  private static final Logger LOG = LoggerFactory.getLogger(Embedded.class);

  /** Several, so that one file's way to the disk does not hold up the next. */
  private static final int FILE_THREADS = 4;

  /** File calls that may wait; more are refused. */
  private static final int FILE_CALLS_MAX = 1_000;

  private final SqliteDatabase database;
  private final SqliteJobStore store;
  private final SqliteJobQueue queue;
  private final SqliteJobEvents events;
  private final SqliteWorkerRoster roster;
  private final BoundedThreads fileThreads;
  private final FileObjectStore files;
  private final EmbeddedObjects objects;
  private final FileExternalInputs externalInputs;
  private boolean closed;

  private Embedded(Path directory, Optional<Path> inputRoot, Clocked clock) throws IOException {
    // what can be refused comes first: nothing is open yet
    ObjectTree tree = new ObjectTree(directory.resolve("objects"));
    fileThreads = new BoundedThreads("holdfast-files", FILE_THREADS, FILE_CALLS_MAX);
    files = new FileObjectStore(tree, fileThreads, clock.instant());
    externalInputs = new FileExternalInputs(inputRoot, fileThreads);
    Path file = directory.resolve("holdfast.db");
    database = SqliteDatabase.open(file);
    objects = new EmbeddedObjects(new SqliteObjects(database), files);
    store = new SqliteJobStore(database);
    queue = new SqliteJobQueue(database, clock);
    events = SqliteJobEvents.open(database, file, clock);
    roster = new SqliteWorkerRoster(database);
  }

  /**
   * Opens the data directory, creating what is missing. Blocks.
   *
   * @param inputRoot where users' own input files may lie; none may be used if empty
   * @throws IOException with a sentence for the operator: the database is damaged or newer than
   *     this program, the directory cannot be written, or the input root is none
   */
  public static Embedded open(Path dataDirectory, Optional<Path> inputRoot, Clocked clock)
      throws IOException {
    return new Embedded(ObjectTree.directory(dataDirectory), inputRoot, clock);
  }

  @Override
  public JobQueue queue() {
    return queue;
  }

  @Override
  public JobStore store() {
    return store;
  }

  @Override
  public JobEvents events() {
    return events;
  }

  @Override
  public WorkerRoster roster() {
    return roster;
  }

  @Override
  public ObjectStore objects() {
    return objects;
  }

  @Override
  public ExternalInputs externalInputs() {
    return externalInputs;
  }

  /**
   * Completes waiting pulls with nothing, lets running calls end, fails those that wait with {@link
   * dev.holdfast.job.JobError#UNAVAILABLE}, and closes the files. Blocks until then, at most some
   * seconds; not for one of this object's own threads. Idempotent.
   */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    queue.close();
    database.close();
    try {
      events.close();
      fileThreads.close();
      files.close();
    } catch (SQLException | IOException e) {
      LOG.warn("The data directory did not close cleanly; what was completed is safe.", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
