package dev.holdfast.gcp;

import com.google.api.gax.rpc.DeadlineExceededException;
import com.google.cloud.Timestamp;
import com.google.cloud.firestore.DocumentReference;
import com.google.cloud.firestore.DocumentSnapshot;
import com.google.cloud.firestore.Firestore;
import com.google.cloud.firestore.Precondition;
import com.google.cloud.firestore.WriteResult;
import com.google.cloud.storage.BlobId;
import com.google.cloud.storage.BlobInfo;
import com.google.cloud.storage.Storage;
import com.google.protobuf.ByteString;
import com.google.pubsub.v1.AcknowledgeRequest;
import com.google.pubsub.v1.PublishRequest;
import com.google.pubsub.v1.PubsubMessage;
import com.google.pubsub.v1.PullRequest;
import com.google.pubsub.v1.ReceivedMessage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The benchmark's baseline on emulators: the RPCs that a job of one item costs, by the same
 * clients, and nothing else. Pull; read and write the record; create the part; write the record;
 * two events; acknowledge. Events and acknowledgements are gathered as they come, like Holdfast's.
 */
public final class RpcLoop implements AutoCloseable {

  private static final int HELD_MAX = 256;
  private static final int PULL_SECONDS = 4;
  private static final byte[] PART =
      "{\"index\":0,\"line\":1,\"embedding\":[12.0,123456.0]}\n".getBytes(StandardCharsets.UTF_8);

  private final PubSubLayout layout = PubSubLayout.read();
  private final Firestore firestore;
  private final Storage storage;
  private final PubSubClients clients;
  private final String bucket;

  public RpcLoop(GcpOptions options) throws IOException {
    firestore = FirestoreClient.open(options, List.of());
    storage = GcsClient.open(options);
    clients = PubSubClients.open(options, List.of());
    bucket = options.bucket();
  }

  /**
   * Works through jobs that were created and published.
   *
   * @param threads that call Firestore and Cloud Storage
   * @return seconds from the first pull to the last acknowledgement
   * @throws IllegalStateException if a call failed: nothing of the loop is tried again
   */
  public double run(int jobs, int threads) throws InterruptedException {
    ExecutorService pool = Executors.newFixedThreadPool(threads + 2);
    Semaphore free = new Semaphore(HELD_MAX);
    BlockingQueue<PubsubMessage> events = new LinkedBlockingQueue<>();
    BlockingQueue<String> acks = new LinkedBlockingQueue<>();
    AtomicInteger acknowledged = new AtomicInteger();
    AtomicReference<Exception> failure = new AtomicReference<>();
    long from = System.nanoTime();
    try {
      pool.execute(() -> kept(failure, () -> publish(events)));
      pool.execute(() -> kept(failure, () -> acknowledge(acks, acknowledged)));
      for (int pulled = 0; pulled < jobs; ) {
        check(failure);
        free.acquire();
        int more = free.drainPermits();
        List<ReceivedMessage> messages = pull(1 + more);
        free.release(1 + more - messages.size());
        pulled += messages.size();
        for (ReceivedMessage message : messages) {
          pool.execute(
              () -> {
                kept(
                    failure,
                    () -> {
                      work(message, events);
                      acks.add(message.getAckId());
                    });
                free.release();
              });
        }
      }
      synchronized (acknowledged) {
        while (acknowledged.get() < jobs) {
          acknowledged.wait(TimeUnit.SECONDS.toMillis(PULL_SECONDS));
          check(failure);
        }
      }
      return (System.nanoTime() - from) / 1e9;
    } finally {
      pool.shutdownNow();
    }
  }

  private interface Step {
    void run() throws Exception;
  }

  private static void kept(AtomicReference<Exception> failure, Step step) {
    try {
      step.run();
    } catch (Exception e) {
      failure.compareAndSet(null, e);
    }
  }

  private static void check(AtomicReference<Exception> failure) {
    Exception first = failure.get();
    if (first != null) {
      throw new IllegalStateException("the bare loop failed", first);
    }
  }

  private List<ReceivedMessage> pull(int max) {
    try {
      return clients
          .subscriber()
          .pullCallable()
          .call(
              PullRequest.newBuilder()
                  .setSubscription(clients.subscription(layout.subscriptions().jobs().name()))
                  .setMaxMessages(max)
                  .build(),
              clients.polling(Duration.ofSeconds(PULL_SECONDS)))
          .getReceivedMessagesList();
    } catch (DeadlineExceededException e) {
      return List.of();
    }
  }

  private void work(ReceivedMessage message, BlockingQueue<PubsubMessage> events) throws Exception {
    String id = message.getMessage().getData().toStringUtf8();
    DocumentReference document = firestore.collection(JobDocument.COLLECTION).document(id);
    DocumentSnapshot read = document.get().get();
    Timestamp time =
        write(document, read, "processing", Objects.requireNonNull(read.getUpdateTime()));
    events.add(event(id));
    storage.create(
        BlobInfo.newBuilder(BlobId.of(bucket, "results/" + id + "/part-000000000000.jsonl"))
            .setMetadata(Map.of("items", "1"))
            .build(),
        PART,
        Storage.BlobTargetOption.doesNotExist(),
        Storage.BlobTargetOption.disableGzipContent());
    write(document, read, "complete", time);
    events.add(event(id));
  }

  /** As much as Holdfast writes: the record's text and the fields beside it. */
  private static Timestamp write(
      DocumentReference document, DocumentSnapshot read, String state, Timestamp before)
      throws Exception {
    Map<String, Object> fields = new HashMap<>();
    for (String field :
        List.of(JobDocument.RECORD, JobDocument.VERSION, JobDocument.WRITE, JobDocument.WAKE_AT)) {
      fields.put(field, Objects.requireNonNull(read.get(field)));
    }
    fields.put(JobDocument.STATE, state);
    WriteResult written = document.update(fields, Precondition.updatedAt(before)).get();
    return written.getUpdateTime();
  }

  private static PubsubMessage event(String id) {
    return PubsubMessage.newBuilder()
        .setData(ByteString.copyFromUtf8(id))
        .putAllAttributes(
            Map.of("job", id, "version", "2", "state", "processing", "done", "0", "failed", "0"))
        .build();
  }

  private void publish(BlockingQueue<PubsubMessage> events) {
    List<PubsubMessage> batch = new ArrayList<>();
    while (take(events, batch)) {
      clients
          .publisher()
          .publishCallable()
          .call(
              PublishRequest.newBuilder()
                  .setTopic(clients.topic(layout.topics().events()))
                  .addAllMessages(batch)
                  .build());
    }
  }

  private void acknowledge(BlockingQueue<String> acks, AtomicInteger acknowledged) {
    List<String> batch = new ArrayList<>();
    while (take(acks, batch)) {
      clients
          .subscriber()
          .acknowledgeCallable()
          .call(
              AcknowledgeRequest.newBuilder()
                  .setSubscription(clients.subscription(layout.subscriptions().jobs().name()))
                  .addAllAckIds(batch)
                  .build());
      synchronized (acknowledged) {
        acknowledged.addAndGet(batch.size());
        acknowledged.notifyAll();
      }
    }
  }

  /** Waits for a first one and takes all that are there; false when the loop is over. */
  private static <T> boolean take(BlockingQueue<T> queue, List<T> batch) {
    batch.clear();
    try {
      batch.add(queue.take());
      queue.drainTo(batch, HELD_MAX);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Override
  public void close() throws IOException {
    clients.close();
    try {
      storage.close();
      firestore.close();
    } catch (Exception e) {
      throw new IOException("the bare loop's clients did not close", e);
    }
  }
}
