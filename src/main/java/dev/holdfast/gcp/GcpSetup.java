package dev.holdfast.gcp;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.function.Function;

/**
 * Makes and checks what Holdfast needs on Google Cloud: topics, subscriptions and their
 * permissions, the bucket, the database. Every method blocks, for seconds.
 */
public final class GcpSetup implements AutoCloseable {

  private final GcpOptions options;
  private final PubSubClients clients;
  private final PubSubSetup pubSub;
  private final DeadLetterGrants grants;
  private final BucketSetup bucket;

  private GcpSetup(GcpOptions options, PubSubClients clients, BucketSetup bucket) {
    PubSubLayout layout = PubSubLayout.read();
    this.options = options;
    this.clients = clients;
    this.bucket = bucket;
    pubSub = new PubSubSetup(clients, layout);
    grants = new DeadLetterGrants(clients, layout);
  }

  /** How it stands with one thing. */
  public enum Level {
    OK,
    PROBLEM,
    UNKNOWN
  }

  /**
   * @param what is so, in words
   * @param todo what to do about it; empty if nothing
   */
  public record Finding(Level level, String what, String todo) {

    static Finding ok(String what) {
      return new Finding(Level.OK, what, "");
    }

    static Finding problem(String what, String todo) {
      return new Finding(Level.PROBLEM, what, todo);
    }

    static Finding unknown(String what, String todo) {
      return new Finding(Level.UNKNOWN, what, todo);
    }

    /** All of it in one line. */
    public String line() {
      String said = level.name().toLowerCase(Locale.ROOT) + " " + what;
      return todo.isEmpty() ? said : said + ". " + todo;
    }

    /** The same for programs. */
    public JsonObject json() {
      return new JsonObject()
          .put("level", level.name().toLowerCase(Locale.ROOT))
          .put("what", what)
          .put("todo", todo);
    }
  }

  /**
   * Opens the clients; nothing is sent yet.
   *
   * @throws IOException if there are no credentials
   */
  public static GcpSetup open(GcpOptions options) throws IOException {
    GrpcLog.quieten();
    PubSubClients clients = PubSubClients.open(options, List.of());
    try {
      return new GcpSetup(options, clients, BucketSetup.open(options));
    } catch (RuntimeException e) {
      clients.close();
      throw e;
    }
  }

  /** Makes what is missing and repairs what can be; done twice it is as done once. */
  public List<Finding> init() {
    List<Finding> findings = new ArrayList<>(pubSub.init());
    findings.addAll(bucket.init());
    findings.addAll(onGoogleCloud(grants::init));
    findings.add(FirestoreCheck.check(options));
    return findings;
  }

  /** Says what is missing or mis-set; changes nothing. */
  public List<Finding> check() {
    List<Finding> findings = new ArrayList<>(pubSub.check());
    findings.addAll(bucket.check());
    findings.addAll(onGoogleCloud(grants::check));
    findings.add(FirestoreCheck.check(options));
    return findings;
  }

  private List<Finding> onGoogleCloud(Function<OptionalLong, List<Finding>> grants) {
    return clients.emulated()
        ? List.of(
            Finding.unknown(
                "dead-letter permissions: an emulator has none",
                "Check them on Google Cloud with ./holdfast gcp check."))
        : grants.apply(bucket.projectNumber());
  }

  @Override
  public void close() {
    clients.close();
    bucket.close();
  }
}
