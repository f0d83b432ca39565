package dev.holdfast.worker;

import dev.holdfast.job.Claim;
import dev.holdfast.job.Claimant;
import dev.holdfast.job.Claimant.Company;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobEvents.JobEvent;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobQueue;
import dev.holdfast.job.JobQueue.Delivery;
import dev.holdfast.job.JobState;
import dev.holdfast.job.Traces;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Takes one delivery from the claim to its settlement.
 *
 * <p>The order of effects is the whole protocol, and it never varies: <em>part, record, event,
 * ack</em>. A part is durable before the record's checkpoint moves behind it; the record says
 * {@code complete} before anyone is told; everyone is told before the broker forgets the message. A
 * worker may die between any two of these, and what the next one finds makes sense:
 *
 * <ul>
 *   <li>after the part, before the record: the part lies at the checkpoint and is adopted, since
 *       its name depends on nothing but its first item;
 *   <li>after the record, before the event: watchers re-read, and the redelivered message finds the
 *       job in its newest state;
 *   <li>after the event, before the ack: the redelivered message finds the job ended, costs no
 *       inference and is acknowledged;
 *   <li>a zombie, thought dead and alive after all: each of its record writes carries a fence that
 *       is too old and fails, and its parts are rows that the live attempt would have written too.
 *       It settles nothing, for the delivery is no longer its own.
 * </ul>
 *
 * <p>This class is the only one that calls {@link Delivery#ack()}. Not thread-safe: lives on the
 * worker's loop.
 */
final class JobRunner {

  /** How long a message rests that this worker cannot serve, so that another may take it. */
  private static final Duration NOT_MINE_DELAY = Duration.ofSeconds(5);

  /** How long a message rests when the record store gave no answer. */
  private static final Duration UNREACHABLE_DELAY = Duration.ofSeconds(5);

  private final WorkerServices services;
  private final WorkerOptions options;
  private final Map<String, Serving> models;
  private final LeaseKeeper leases;
  private final WorkerMetrics metrics;
  private final Loop loop;
  private final Set<JobAttempt> running = new LinkedHashSet<>();
  private final Set<AttemptWatch> watches = new LinkedHashSet<>();
  private boolean draining;
  private Departure departure = Departure.AT_ONCE;
  private long departureNanos;
  private final LastCall lastCall;
  private int claiming;
  private final Quarantine quarantine =
      new Quarantine(
          () -> claiming == 0 && running.stream().allMatch(JobAttempt::resting),
          () -> List.copyOf(running).forEach(JobAttempt::rest),
          () -> List.copyOf(running).forEach(JobAttempt::goOn));

  JobRunner(
      WorkerServices services,
      WorkerOptions options,
      Map<String, Serving> models,
      LeaseKeeper leases,
      WorkerMetrics metrics,
      Loop loop) {
    this.services = services;
    this.options = options;
    this.models = models;
    this.leases = leases;
    this.metrics = metrics;
    this.loop = loop;
    this.lastCall = new LastCall(services.clock(), loop);
  }

  /**
   * Does everything that is to be done about a delivery.
   *
   * @return completes when it is settled or forgotten; never fails
   */
  Future<Void> run(Delivery delivery) {
    String model = delivery.message().attributes().get(JobQueue.Message.MODEL);
    if (draining) {
      return release(delivery, Duration.ZERO, "drained");
    }
    if (model != null && !models.containsKey(model)) {
      return release(delivery, NOT_MINE_DELAY, "not_mine");
    }
    return quarantine.active()
        ? release(delivery, Quarantine.ELSEWHERE_DELAY, "suspect")
        : claim(delivery, Company.ANY, () -> {});
  }

  /** Completes once something may be pulled; at once unless a suspect waits or has its turn. */
  Future<Void> open() {
    return quarantine.active() ? quarantine.over() : Future.succeededFuture();
  }

  private Future<Void> claim(Delivery delivery, Company company, Runnable acquitted) {
    if (draining) {
      return release(delivery, Duration.ZERO, "drained");
    }
    String token = JobId.randomToken();
    JobId id = delivery.message().job();
    Claimant by = new Claimant(options.id(), options.place(), token, options.lease(), company);
    AttemptWatch watch = new AttemptWatch(id, services.clock(), loop);
    watches.add(watch);
    Traces.Step step = Claiming.begin(delivery, options.id(), services.traces());
    claiming++;
    Claiming made = new Claiming(delivery, by, watch, services.clock().nanos(), acquitted, step);
    Future<Claim> answer = loop.here(made.claim(services));
    return lastCall
        .before(answer)
        .transform(
            claimed -> {
              claiming--;
              if (claimed.cause() instanceof LastCall.TooLate) {
                answer.onSuccess(late -> made.giveBack(late, services));
              }
              Future<Void> settled =
                  claimed.succeeded()
                      ? act(made, claimed.result())
                      : unreachable(delivery, claimed.cause());
              quarantine.look();
              return settled;
            })
        .onComplete(
            settled -> {
              watches.remove(watch);
              watch.close();
              step.end();
            });
  }

  /** Somebody has put an end to a job, and may have done so while it is worked on here. */
  void heard(JobEvent event) {
    List.copyOf(watches).forEach(watch -> watch.heard(event));
  }

  private Future<Void> act(Claiming claiming, Claim claim) {
    Delivery delivery = claiming.delivery();
    if (claim instanceof Claim.Gone) {
      return ack(delivery, "gone");
    }
    if (claim instanceof Claim.Terminal terminal) {
      return terminal.job().state() == JobState.FAILED
          ? bury(delivery, terminal.job())
          : ack(delivery, "terminal");
    }
    if (claim instanceof Claim.Busy busy) {
      Duration until = Duration.between(services.clock().instant(), busy.until());
      return release(delivery, until.isNegative() ? Duration.ZERO : until, "busy");
    }
    if (claim instanceof Claim.Suspect) {
      if (quarantine.full()) {
        return release(delivery, Quarantine.ELSEWHERE_DELAY, "suspect");
      }
      JobLog.suspected(delivery);
      return quarantine.enter(acquitted -> claim(delivery, Company.NONE, acquitted));
    }
    Claim.Claimed claimed = (Claim.Claimed) claim;
    Job job = claimed.job();
    Serving serving = models.get(job.spec().model());
    AttemptRecord record = claiming.record(job, services);
    if (serving == null) {
      return loop.here(record.interrupted(0))
          .transform(written -> release(delivery, NOT_MINE_DELAY, "not_mine"));
    }
    serving.interruptions().claimed(job);
    metrics.wentOn(claimed, services.clock().nanos());
    Probation probation = claiming.probation(job, services.clock());
    return attempt(new Held(claiming, serving, record, probation), job.fence() > 1);
  }

  /** A claimed job, and what its attempts have in common. */
  private record Held(
      Claiming claiming, Serving serving, AttemptRecord record, Probation probation) {}

  private Future<Void> attempt(Held held, boolean look) {
    JobAttempt attempt =
        new JobAttempt(services, held.serving, held.record, held.probation, loop, quarantine::look);
    leases.attend(held.claiming.delivery(), held.record, attempt::end);
    held.claiming.watch().attach(held.record, attempt::end);
    running.add(attempt);
    held.serving.interruptions().began();
    if (quarantine.active() && !(held.claiming.alone() && held.probation.on())) {
      attempt.rest();
    }
    Future<AttemptEnd> end =
        lastCall
            .before(attempt.run(look))
            .onFailure(late -> attempt.finish(new AttemptEnd.Abandoned(late)))
            .otherwise(AttemptEnd.Abandoned::new);
    if (draining) {
      long passedNanos = services.clock().nanos() - departureNanos;
      attempt.interrupt(departure.after(Duration.ofNanos(passedNanos)));
    }
    return end.compose(
        how -> {
          running.remove(attempt);
          held.serving.interruptions().ended();
          quarantine.look();
          held.claiming.watch().close();
          held.claiming.step().with("holdfast.end", how.getClass().getSimpleName());
          return settle(held, how);
        });
  }

  private Future<Void> settle(Held held, AttemptEnd how) {
    Delivery delivery = held.claiming.delivery();
    if (how instanceof AttemptEnd.Ended ended) {
      return ack(delivery, ended.job().state().wireName());
    }
    if (how instanceof AttemptEnd.Dead dead) {
      return bury(delivery, dead.job());
    }
    if (how instanceof AttemptEnd.Free free) {
      return release(
          delivery, free.delay(), free.job().spent().failures() > 0 ? "failed" : "interrupted");
    }
    if (how instanceof AttemptEnd.Restart) {
      return attempt(held, true);
    }
    if (how instanceof AttemptEnd.Abandoned abandoned) {
      return unreachable(delivery, abandoned.why());
    }
    metrics.delivery("fenced_out");
    metrics.fencedOut.increment();
    JobLog.fencedOut(held.record.latest());
    leases.remove(delivery);
    held.record.fencedOut(((AttemptEnd.FencedOut) how).job());
    return Future.succeededFuture();
  }

  /** A failed job's message is acknowledged only after its copy is with the dead letters. */
  private Future<Void> bury(Delivery delivery, Job job) {
    JobQueue.DeadLetter letter = JobQueue.DeadLetter.of(job, services.clock().instant());
    JobLog.failedForGood(job, letter.reason());
    return loop.here(new Patience(services.clock()).with(() -> services.queue().deadLetter(letter)))
        .transform(
            written ->
                written.succeeded()
                    ? ack(delivery, "dead")
                    : unreachable(delivery, written.cause()));
  }

  private Future<Void> unreachable(Delivery delivery, Throwable why) {
    JobLog.unreachable(delivery, UNREACHABLE_DELAY, why);
    return release(delivery, UNREACHABLE_DELAY, "unreachable");
  }

  private Future<Void> ack(Delivery delivery, String outcome) {
    return settled(delivery, delivery.ack(), outcome);
  }

  private Future<Void> release(Delivery delivery, Duration delay, String outcome) {
    return settled(delivery, delivery.release(delay), outcome);
  }

  /** A settlement that does not get through is made up for by the message's own deadline. */
  private Future<Void> settled(Delivery delivery, Future<Void> settlement, String outcome) {
    metrics.delivery(outcome);
    leases.remove(delivery);
    return loop.here(settlement)
        .recover(
            failure -> {
              JobLog.unsettled(delivery, outcome, failure);
              return Future.succeededFuture();
            });
  }

  /**
   * From now on nothing is begun, and what runs is handed over.
   *
   * @param how what an attempt may take over it
   */
  void drain(Departure how) {
    draining = true;
    departure = how;
    departureNanos = services.clock().nanos();
    lastCall.in(how.records());
    models.values().forEach(serving -> serving.batcher().leave());
    List.copyOf(running).forEach(attempt -> attempt.interrupt(how));
    // each of them is told on the loop first: whoever may go on would begin something new
    loop.execute(quarantine::dissolve);
  }
}
