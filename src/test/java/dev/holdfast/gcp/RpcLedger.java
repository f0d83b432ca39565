package dev.holdfast.gcp;

import com.google.firestore.v1.BatchGetDocumentsRequest;
import com.google.firestore.v1.BatchWriteRequest;
import com.google.firestore.v1.CommitRequest;
import com.google.firestore.v1.RunAggregationQueryRequest;
import com.google.firestore.v1.RunQueryRequest;
import com.google.firestore.v1.RunQueryResponse;
import com.google.firestore.v1.Write;
import com.google.pubsub.v1.AcknowledgeRequest;
import com.google.pubsub.v1.ModifyAckDeadlineRequest;
import com.google.pubsub.v1.PublishRequest;
import com.google.pubsub.v1.PubsubMessage;
import com.google.pubsub.v1.PullRequest;
import com.google.pubsub.v1.PullResponse;
import dev.holdfast.contract.Futures;
import dev.holdfast.job.JobState;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Stands between a process and Google Cloud and counts what its calls would be billed for, the
 * client's own retries counted in. Thread-safe.
 */
final class RpcLedger implements ClientInterceptor {

  private final Map<Operation, Integer> counts = new EnumMap<>(Operation.class);
  private final String jobsSubscription = PubSubLayout.read().subscriptions().jobs().name();
  private int messageBytesMax;

  synchronized Map<Operation, Integer> counts() {
    return new EnumMap<>(counts);
  }

  /** The size of the largest message so far. */
  synchronized int messageBytesMax() {
    return messageBytesMax;
  }

  /** Waits until an operation was done so many times. */
  synchronized void await(Operation operation, int times) throws InterruptedException {
    if (!within(operation, times, Futures.PATIENCE)) {
      throw new AssertionError(
          "%s was not done %d times, but %s".formatted(operation, times, counts));
    }
  }

  /** Waits until an operation was done so many times, or for so long; says whether it was. */
  synchronized boolean within(Operation operation, int times, Duration limit)
      throws InterruptedException {
    long until = System.nanoTime() + limit.toNanos();
    while (counts.getOrDefault(operation, 0) < times) {
      long left = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
      if (left <= 0) {
        return false;
      }
      wait(left);
    }
    return true;
  }

  private synchronized void add(Operation operation, int times) {
    if (times > 0) {
      counts.merge(operation, times, Integer::sum);
      notifyAll();
    }
  }

  private void written(Write write) {
    if (write.hasDelete()) {
      add(Operation.RECORD_DELETED, 1);
    } else {
      boolean record = isRecord(write.getUpdate().getName());
      add(record ? Operation.RECORD_WRITTEN : Operation.ROSTER_WRITTEN, 1);
    }
  }

  private void read(String document) {
    add(isRecord(document) ? Operation.RECORD_READ : Operation.ROSTER_READ, 1);
  }

  private static boolean isRecord(String document) {
    return document.contains("/documents/" + JobDocument.COLLECTION + "/");
  }

  /** Whether a count is not limited to jobs of states that are no end. */
  private static boolean ofEnded(RunAggregationQueryRequest aggregation) {
    String query = aggregation.getStructuredAggregationQuery().toString();
    return Arrays.stream(JobState.values())
        .filter(state -> !state.terminal())
        .noneMatch(state -> query.contains('"' + state.wireName() + '"'));
  }

  private boolean isJobs(String subscription) {
    return subscription.endsWith("/" + jobsSubscription);
  }

  private synchronized void measure(PubsubMessage message) {
    messageBytesMax = Math.max(messageBytesMax, message.getSerializedSize());
  }

  /** One call: what is asked comes first, and says how the answers are to be counted. */
  private final class Count {

    private boolean jobs;
    private boolean query;
    private boolean found;

    private void asked(Object message) {
      if (message instanceof CommitRequest commit) {
        commit.getWritesList().forEach(RpcLedger.this::written);
      } else if (message instanceof BatchWriteRequest batch) {
        batch.getWritesList().forEach(RpcLedger.this::written);
      } else if (message instanceof BatchGetDocumentsRequest get) {
        get.getDocumentsList().forEach(RpcLedger.this::read);
      } else if (message instanceof RunAggregationQueryRequest aggregation) {
        add(ofEnded(aggregation) ? Operation.ENDED_COUNTED : Operation.COUNTED, 1);
      } else if (message instanceof RunQueryRequest) {
        query = true;
      } else if (message instanceof PullRequest pull) {
        jobs = isJobs(pull.getSubscription());
      } else if (message instanceof PublishRequest publish) {
        publish.getMessagesList().forEach(RpcLedger.this::measure);
        add(Operation.PUBLISHED, publish.getMessagesCount());
      } else if (message instanceof AcknowledgeRequest acknowledge) {
        add(
            isJobs(acknowledge.getSubscription()) ? Operation.ACKNOWLEDGED : Operation.UNBILLED,
            acknowledge.getAckIdsCount());
      } else if (!(message instanceof ModifyAckDeadlineRequest)) {
        add(Operation.OTHER, 1);
      }
    }

    private void answered(Object message) {
      if (message instanceof RunQueryResponse answer && answer.hasDocument()) {
        found = true;
        read(answer.getDocument().getName());
      } else if (message instanceof PullResponse pulled) {
        add(jobs ? Operation.DELIVERED : Operation.HEARD, pulled.getReceivedMessagesCount());
      }
    }

    private void closed() {
      add(Operation.QUERIED_IN_VAIN, query && !found ? 1 : 0);
    }
  }

  @Override
  public <A, B> ClientCall<A, B> interceptCall(
      MethodDescriptor<A, B> method, CallOptions options, Channel channel) {
    Count count = new Count();
    return new SimpleForwardingClientCall<A, B>(channel.newCall(method, options)) {
      @Override
      public void sendMessage(A message) {
        count.asked(message);
        super.sendMessage(message);
      }

      @Override
      public void start(Listener<B> listener, Metadata headers) {
        super.start(
            new SimpleForwardingClientCallListener<B>(listener) {
              @Override
              public void onMessage(B message) {
                count.answered(message);
                super.onMessage(message);
              }

              @Override
              public void onClose(Status status, Metadata trailers) {
                count.closed();
                super.onClose(status, trailers);
              }
            },
            headers);
      }
    };
  }
}
