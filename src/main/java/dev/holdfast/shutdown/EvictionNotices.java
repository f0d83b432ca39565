package dev.holdfast.shutdown;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.net.URI;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Consumer;

/**
 * Makes the sources of eviction notices. None asks anything before it is started.
 *
 * <p>The clouds' sources ask a metadata server, and only from the machine itself: in a pod that
 * means host networking, since the metadata server that GKE shows to pods hides these values and
 * EC2's is one network hop too far by default. Where nothing answers they go on asking, at most
 * once a minute.
 */
public final class EvictionNotices {

  /** Whose metadata server to ask. */
  public enum Cloud {
    /** Spot preemption and the end of a machine for its host's maintenance. */
    GCE("http://metadata.google.internal"),
    /** Spot interruption and, as a notice that is not certain, the rebalance recommendation. */
    AWS("http://169.254.169.254"),
    /** The scheduled events Preempt and Terminate of this machine. */
    AZURE("http://169.254.169.254");

    private final URI base;

    Cloud(String base) {
      this.base = URI.create(base);
    }

    /** Where its machines find the metadata server. */
    public URI base() {
      return base;
    }
  }

  private final Clockwork clockwork;

  /**
   * @param clock compared with the times of day that a cloud names
   */
  public EvictionNotices(Vertx vertx, InstantSource clock) {
    this(Clockwork.of(vertx, clock));
  }

  EvictionNotices(Clockwork clockwork) {
    this.clockwork = clockwork;
  }

  /**
   * What {@code cloud} says about this machine.
   *
   * @param base where to ask: scheme, host and perhaps port, no path. As a rule {@link Cloud#base}.
   */
  public EvictionNotice cloud(Cloud cloud, URI base) {
    MetadataClient client = new MetadataClient(clockwork, base);
    List<Probe> probes =
        switch (cloud) {
          case GCE -> List.of(GceProbe.preempted(client), GceProbe.maintenance(client));
          case AWS -> {
            AwsToken token = new AwsToken(client);
            yield List.of(
                AwsProbe.interruption(token, base, clockwork.clock()),
                AwsProbe.rebalance(token, base));
          }
          case AZURE -> List.of(new AzureProbe(client, clockwork.clock()));
        };
    return new Watched(clockwork, probes, client::close);
  }

  /**
   * A notice that is given by creating a file, for people, tests and watchers of a node. Its first
   * line may say how long is left: {@code 15}, {@code 15s}, {@code 2m}; with any other content the
   * notice has no deadline. It is heard within half a second. A file that is already there at the
   * start counts.
   */
  public EvictionNotice file(Path path) {
    FileProbe probe = new FileProbe(clockwork, path);
    return new Watched(clockwork, List.of(probe), probe::close);
  }

  /** A notice that is given by a request, which somebody else's HTTP server takes. */
  public static RequestedEviction requested() {
    return new RequestedEviction();
  }

  /** All of {@code sources} as one. The same eviction may be told by several of them. */
  public static EvictionNotice all(List<EvictionNotice> sources) {
    List<EvictionNotice> each = List.copyOf(sources);
    return new EvictionNotice() {
      @Override
      public void start(Consumer<Notice> listener) {
        each.forEach(source -> source.start(listener));
      }

      @Override
      public Future<Void> close() {
        return Future.join(each.stream().map(EvictionNotice::close).toList()).mapEmpty();
      }
    };
  }
}
