package dev.holdfast.gcp;

import com.google.cloud.firestore.Firestore;
import com.google.cloud.storage.Storage;
import dev.holdfast.adapter.BoundedThreads;
import dev.holdfast.job.Backend;
import dev.holdfast.job.ExternalInputs;
import dev.holdfast.job.JobEvents;
import dev.holdfast.job.JobQueue;
import dev.holdfast.job.JobState;
import dev.holdfast.job.JobStore;
import dev.holdfast.job.ObjectStore;
import dev.holdfast.job.WorkerRoster;
import io.grpc.ClientInterceptor;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Every port on Google Cloud, for one process. Topics, subscriptions, bucket and indexes must be
 * there; {@link GcpSetup} makes and checks them.
 *
 * <p>Thread-safe. A future completes on the Vert.x context of its caller; for a caller without one,
 * on a thread of a library, which its listeners must not block. Every call ends within seconds,
 * whatever Google Cloud does.
 */
public final class Gcp implements Backend {

  private static final Logger LOG = LoggerFactory.getLogger(Gcp.class);

  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final FirestoreJobStore store;
  private final FirestoreWorkerRoster roster;
  private final PubSubJobQueue queue;
  private final PubSubJobEvents events;
  private final GcsObjectStore objects;
  private final GcsExternalInputs externalInputs;

  private Gcp(GcpOptions options, Set<JobState> hears, List<ClientInterceptor> interceptors)
      throws IOException {
    GrpcLog.quieten();
    PubSubLayout layout = PubSubLayout.read();
    InHand inHand = new InHand();
    Firestore firestore = closing(FirestoreClient.open(options, interceptors, inHand));
    store = new FirestoreJobStore(firestore);
    roster = new FirestoreWorkerRoster(firestore);
    Storage storage = closing(GcsClient.open(options));
    BoundedThreads threads = GcsClient.threads();
    open.push(threads::close);
    objects = closing(new GcsObjectStore(storage, options.bucket(), threads));
    externalInputs = new GcsExternalInputs(storage, options.inputBuckets(), threads);
    PubSubClients clients = closing(PubSubClients.open(options, interceptors, inHand));
    queue = closing(new PubSubJobQueue(clients, layout));
    events = closing(PubSubJobEvents.open(clients, layout, hears));
  }

  /**
   * Connects. Blocks for a second or two, and for no answer of the services.
   *
   * @param hears events of which states this process subscribes to, if any
   * @throws IOException with a sentence for the operator if there are no credentials
   */
  public static Gcp open(GcpOptions options, Set<JobState> hears) throws IOException {
    return open(options, hears, List.of());
  }

  static Gcp open(GcpOptions options, Set<JobState> hears, List<ClientInterceptor> interceptors)
      throws IOException {
    return new Gcp(options, hears, interceptors);
  }

  private <T extends AutoCloseable> T closing(T opened) {
    open.push(opened);
    return opened;
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

  @Override
  public synchronized void close() {
    while (!open.isEmpty()) {
      AutoCloseable next = open.pop();
      try {
        next.close();
      } catch (Exception e) {
        LOG.warn("{} did not close cleanly", next.getClass().getSimpleName(), e);
      }
    }
  }
}
