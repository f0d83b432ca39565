package dev.holdfast.api;

import dev.holdfast.job.JobError;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Map;

/** What the api counts, and under which names. Safe for use by many threads. */
final class ApiMetrics {

  static final String SUBMITS = "holdfast.api.submits";
  static final String REFUSALS = "holdfast.api.refusals";
  static final String REQUESTS_IN_FLIGHT = "holdfast.api.requests.in.flight";
  static final String LONG_POLLS = "holdfast.api.long.polls";
  static final String STREAMS = "holdfast.api.streams";
  static final String UPLOADS = "holdfast.api.uploads";
  static final String RESULT_BYTES = "holdfast.api.result.bytes";
  static final String INPUT_BYTES = "holdfast.api.input.bytes";

  private final Counter submitsNew;
  private final Counter submitsKnown;
  private final Counter resultBytes;
  private final Counter inputBytes;
  private final Map<JobError, Counter> refusals = new EnumMap<>(JobError.class);

  ApiMetrics(MeterRegistry meters) {
    submitsNew = meters.counter(SUBMITS, "outcome", "new");
    submitsKnown = meters.counter(SUBMITS, "outcome", "known");
    resultBytes = meters.counter(RESULT_BYTES);
    inputBytes = meters.counter(INPUT_BYTES);
    for (JobError error : JobError.values()) {
      refusals.put(error, meters.counter(REFUSALS, "code", error.code()));
    }
  }

  void submitted(boolean isNew) {
    (isNew ? submitsNew : submitsKnown).increment();
  }

  void refused(JobError error) {
    Counter counter = refusals.get(error);
    if (counter != null) {
      counter.increment();
    }
  }

  void resultBytes(int bytes) {
    resultBytes.increment(bytes);
  }

  void inputBytes(long bytes) {
    inputBytes.increment((double) bytes);
  }
}
