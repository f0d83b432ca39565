package dev.holdfast.job;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The record of a job, as it stood after one write. Immutable; {@link JobLife} holds the rules that
 * lead from one to the next, and a {@link JobStore} keeps the newest.
 *
 * @param version 1 for a new job, and one more with each write; it is also the event's id
 * @param wakeAt when the {@link Reconciler} should look at the job; for one that has ended, when it
 *     is deleted
 * @param fence one more with each claim; a write of an attempt with an older fence is refused
 * @param lease who works on it and until when, or null if nobody does
 * @param attempts oldest first; only the newest {@link JobLife#ATTEMPTS_KEPT} are kept
 * @param modelDigest SHA-256 of the model that made the rows so far, or null before the first
 * @param error why it failed, or null
 * @param webhook how far the client has been told of the end; null before it, and for a job whose
 *     client does not want to be told
 */
public record Job(
    JobId id,
    long version,
    JobSpec spec,
    JobState state,
    Instant createdAt,
    Instant updatedAt,
    @Nullable Instant endedAt,
    Instant wakeAt,
    Progress progress,
    Checkpoint checkpoint,
    Spent spent,
    long fence,
    @Nullable Lease lease,
    List<Attempt> attempts,
    @Nullable String modelDigest,
    @Nullable Report error,
    @Nullable WebhookDelivery webhook) {

  public Job {
    attempts = List.copyOf(attempts);
  }

  /**
   * How far the job is, with rows that are inferred but not yet in a part counted in.
   *
   * @param done rows with a result or an error
   * @param failed those of them with an error
   * @param total how many there are, or null while nobody knows
   */
  public record Progress(long done, long failed, @Nullable Long total) {}

  /**
   * What is safe: everything before {@code nextItem} is in durable parts.
   *
   * @param inputOffset the byte at which item {@code nextItem} or its line begins
   * @param nextLine the line number of that byte, from 1
   * @param parts how many part objects there are
   * @param bytes their size together
   * @param failed how many of their rows are errors
   */
  public record Checkpoint(
      long nextItem, long inputOffset, long nextLine, int parts, long bytes, long failed) {

    public static final Checkpoint START = new Checkpoint(0, 0, 1, 0, 0, 0);
  }

  /**
   * The budgets' other side.
   *
   * @param failures attempts that ended by the application's fault
   * @param interruptions attempts that ended because their worker had to go
   * @param suspects attempts in a row that ended without a word and without progress
   */
  public record Spent(int failures, int interruptions, int suspects) {
    public static final Spent NOTHING = new Spent(0, 0, 0);
  }

  /**
   * A worker's right to work on the job.
   *
   * @param token the attempt's own random name: tells "my write was applied, its reply was lost"
   *     from "somebody else's was"
   */
  public record Lease(String worker, String token, Instant until) {}

  /**
   * Where a worker runs, as far as anybody knows: all of it can be null.
   *
   * @param node the machine's name
   * @param zone the part of a cloud that it stands in
   * @param spot whether it can be reclaimed at any time
   * @param machine its kind, as its cloud names it
   */
  public record Place(
      @Nullable String node,
      @Nullable String zone,
      @Nullable Boolean spot,
      @Nullable String machine) {
    public static final Place UNKNOWN = new Place(null, null, null);

    /** A place on a machine of an unknown kind. */
    public Place(@Nullable String node, @Nullable String zone, @Nullable Boolean spot) {
      this(node, zone, spot, null);
    }

    /** A place that may be missing, as it is in what was written before places were known. */
    static Place orUnknown(@Nullable Place place) {
      return place == null ? UNKNOWN : place;
    }
  }

  /**
   * One worker's go at the job.
   *
   * @param resumedAt the item it began with
   * @param reached the item before which it had inferred everything when it last said so; what lies
   *     past the next attempt's {@code resumedAt} was computed twice
   * @param ended null while it goes on
   * @param told when its worker heard that it must go, or null
   * @param looseRows rows past its last checkpoint that it left under {@link #looseKey}
   * @param untouched whether it comes after a death, and its worker has not said yet that it begins
   *     with the input: what ends it now, the input does not
   */
  public record Attempt(
      String worker,
      Place place,
      long fence,
      Instant started,
      long resumedAt,
      long reached,
      @Nullable Instant ended,
      @Nullable Outcome outcome,
      @Nullable Report error,
      @Nullable Instant told,
      long looseRows,
      boolean untouched) {

    public Attempt {
      place = Place.orUnknown(place);
    }

    /** How many items it has inferred, as far as it said so. */
    public long itemsDone() {
      return reached - resumedAt;
    }

    /** Whether its worker died, or left with a broken device and said so. */
    public boolean died() {
      return outcome == Outcome.LOST || (outcome == Outcome.INTERRUPTED && error != null);
    }

    /** The same attempt, further on. */
    Attempt reached(long item) {
      return new Attempt(
          worker,
          place,
          fence,
          started,
          resumedAt,
          Math.max(reached, item),
          ended,
          outcome,
          error,
          told,
          looseRows,
          untouched);
    }

    /** The same attempt, which begins with the input. */
    Attempt touches() {
      return new Attempt(
          worker, place, fence, started, resumedAt, reached, ended, outcome, error, told, looseRows,
          false);
    }

    /** The same attempt at its end. */
    Attempt ended(Outcome how, @Nullable Report why, Instant at) {
      return new Attempt(
          worker, place, fence, started, resumedAt, reached, at, how, why, told, looseRows,
          untouched);
    }

    /**
     * The same attempt, whose worker must go.
     *
     * @param at when it heard so, or null if nobody told it
     */
    Attempt leaves(@Nullable Instant at, long loose) {
      return new Attempt(
          worker, place, fence, started, resumedAt, reached, ended, outcome, error, at, loose,
          untouched);
    }
  }

  /** How an attempt ended. */
  public enum Outcome {
    COMPLETE,
    INTERRUPTED,
    FAILED,
    /** Its lease ran out, and nobody has heard of it since. */
    LOST,
    CANCELLED,
    /** It was taken for lost, lived on, and found that another attempt has the job. */
    FENCED_OUT
  }

  /**
   * An error as it is told.
   *
   * @param code a {@link JobError#code()}
   */
  public record Report(String code, String message) {
    public static Report of(JobException e) {
      return new Report(e.error().code(), e.explanation());
    }
  }

  /** Items that were inferred more than once because an attempt died after its last checkpoint. */
  public long recomputed() {
    long recomputed = 0;
    for (int i = 0; i + 1 < attempts.size(); i++) {
      recomputed += Math.max(0, attempts.get(i).reached() - attempts.get(i + 1).resumedAt());
    }
    return recomputed;
  }

  /** What an item is taken to be in an input that nobody has counted, in bytes. */
  static final long ITEM_BYTES_ASSUMED = 256;

  /**
   * How many items are still to be inferred: at least 1 until the job has ended, then 0. Where
   * nobody has counted them yet, told from the input's size and from the items so far.
   */
  public long itemsLeft() {
    if (state.terminal()) {
      return 0;
    }
    Long total = progress.total();
    return Math.max(1, (total == null ? itemsBySize() : total) - progress.done());
  }

  private long itemsBySize() {
    long bytes =
        spec.input() instanceof JobSpec.External external
            ? external.bytes()
            : spec.input() instanceof JobSpec.Stored stored ? stored.bytes() : 0;
    long each =
        checkpoint.nextItem() == 0
            ? ITEM_BYTES_ASSUMED
            : Math.max(1, checkpoint.inputOffset() / checkpoint.nextItem());
    return bytes / each;
  }

  /** Whether the job has ended and its client waits to be told. */
  public boolean untold() {
    return webhook != null && webhook.state() == WebhookDelivery.State.PENDING;
  }

  /** Whether somebody holds the job at {@code now}. */
  public boolean leased(Instant now) {
    return lease != null && lease.until().isAfter(now);
  }

  /** A copy of this record to be changed into the next. */
  JobEdit edit() {
    return new JobEdit(this);
  }

  /** The name of the part that begins with an item: it depends on nothing else. */
  public String partKey(long firstItem) {
    return "results/%s/part-%012d.jsonl".formatted(id, firstItem);
  }

  /** The name of what the attempt with that fence left of rows that no part could hold yet. */
  public String looseKey(long ofFence) {
    return "results/%s/loose-%d".formatted(id, ofFence);
  }

  /**
   * The key of the one object that the job has, or null if there may be others. A part is never
   * replaced, and none is begun behind another that is not in the record; so a complete job's only
   * part holds every item, and its only attempt can have left nothing behind it.
   */
  public @Nullable String onlyPartKey() {
    return state == JobState.COMPLETE && checkpoint.parts() == 1 && fence == 1 ? partKey(0) : null;
  }

  /** When a job that has ended may be deleted. */
  public Instant keptUntil() {
    return endedAt == null ? wakeAt : endedAt.plus(KEPT_AFTER_END);
  }

  /** How long a job is kept after its end. */
  public static final Duration KEPT_AFTER_END = Duration.ofDays(7);
}
