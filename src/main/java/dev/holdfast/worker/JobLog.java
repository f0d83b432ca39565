package dev.holdfast.worker;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobQueue.Delivery;
import dev.holdfast.job.JobQueue.Message;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * What a worker's log says of jobs. Each line also says, beside its words, which job, attempt and
 * trace it is about, so that a reader of many workers' logs finds what belongs together.
 */
final class JobLog {

  private static final Logger LOG = LoggerFactory.getLogger(JobRunner.class);

  private static final String JOB = "job";
  private static final String FENCE = "fence";
  private static final String TRACE = "trace";

  /** Where a W3C traceparent has the trace: behind the version, 32 digits. */
  private static final int TRACE_FROM = 3;

  private static final int TRACE_TO = 35;

  private JobLog() {}

  static void fencedOut(Job job) {
    say(
        facts(job),
        () ->
            LOG.warn(
                "job {} is another attempt's now; this one stops and leaves the message to it",
                job.id()));
  }

  static void failedForGood(Job job, String reason) {
    say(
        facts(job),
        () ->
            LOG.warn("job {} failed for good after {} claims: {}", job.id(), job.fence(), reason));
  }

  static void suspected(Delivery delivery) {
    say(
        facts(delivery),
        () ->
            LOG.info(
                "job {} was there when two workers in a row died without a word: it is worked on alone, and nothing else is begun before that",
                delivery.message().job()));
  }

  static void unreachable(Delivery delivery, Duration delay, Throwable why) {
    say(
        facts(delivery),
        () ->
            LOG.warn(
                "job {} could not be worked on and goes back to the queue for {} s: {}",
                delivery.message().job(),
                delay.toSeconds(),
                why.toString()));
  }

  static void unsettled(Delivery delivery, String outcome, Throwable why) {
    say(
        facts(delivery),
        () ->
            LOG.warn(
                "job {} could not be settled as {}; its message comes again after its lease: {}",
                delivery.message().job(),
                outcome,
                why.toString()));
  }

  private static Map<String, String> facts(Delivery delivery) {
    Map<String, String> facts = new HashMap<>();
    facts.put(JOB, delivery.message().job().value());
    trace(facts, delivery.message().attributes().get(Message.TRACEPARENT));
    return facts;
  }

  private static Map<String, String> facts(Job job) {
    Map<String, String> facts = new HashMap<>();
    facts.put(JOB, job.id().value());
    facts.put(FENCE, Long.toString(job.fence()));
    trace(facts, job.spec().traceparent());
    return facts;
  }

  private static void trace(Map<String, String> facts, @Nullable String traceparent) {
    if (traceparent != null && traceparent.length() >= TRACE_TO) {
      facts.put(TRACE, traceparent.substring(TRACE_FROM, TRACE_TO));
    }
  }

  private static void say(Map<String, String> facts, Runnable line) {
    facts.forEach(MDC::put);
    try {
      line.run();
    } finally {
      facts.keySet().forEach(MDC::remove);
    }
  }
}
