package dev.holdfast.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.contract.Jobs;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobState;
import dev.holdfast.job.WorkerRoster.WorkerReport;
import org.junit.jupiter.api.Test;

/** Documents that are stored outlive the version that wrote them. */
class JsonDocumentTest {

  /** As it was written before attempts had places. */
  private static final String OLD_JOB =
      """
      {"id":"job_bew8ftngdvgrdm384pfsnc7av8","version":5,"spec":{"model":"minilm","input":{
      "kind":"inline","lines":"\\"a\\"\\n","items":1},"labels":{"team":"search"},"failuresMax":7},
      "state":"PROCESSING","createdAt":1772366400001,"updatedAt":1772366400002,
      "wakeAt":1772366400004,"progress":{"done":10,"failed":2},"checkpoint":{"nextItem":8,
      "inputOffset":4000000000,"nextLine":9,"parts":2,"bytes":5000000000,"failed":1},
      "spent":{"failures":1,"interruptions":2,"suspects":1},"fence":2,"lease":{
      "worker":"worker-1","token":"a95kf4f2ern8mjd0pf4z3t5fw0","until":1772366430000},
      "attempts":[{"worker":"worker-0","fence":1,"started":1772366400000,"resumedAt":0,
      "reached":4,"ended":1772366400005,"outcome":"LOST"},{"worker":"worker-1","fence":2,
      "started":1772366400006,"resumedAt":4,"reached":8}]}""";

  private static final String OLD_WORKER =
      """
      {"id":"w1","host":"127.0.0.1","pid":7,"startedAt":1772366400000,"seenAt":1772366400000,
      "ready":true,"models":{"minilm":"abc"},"slots":4,"inFlight":1,"itemsDone":9,
      "managementPort":9091}""";

  @Test
  void aRecordFromBeforePlacesWereKnownIsRead() {
    Job job = JsonDocument.JOB.read(OLD_JOB);

    assertThat(job.state()).isEqualTo(JobState.PROCESSING);
    assertThat(job.attempts())
        .extracting(Job.Attempt::worker)
        .containsExactly("worker-0", "worker-1");
    assertThat(job.attempts()).extracting(Job.Attempt::place).containsOnly(Job.Place.UNKNOWN);
    assertThat(JsonDocument.JOB.read(JsonDocument.JOB.write(job))).isEqualTo(job);
  }

  @Test
  void aReportFromBeforePlacesWereKnownIsRead() {
    WorkerReport report = JsonDocument.WORKER.read(OLD_WORKER);

    assertThat(report.place()).isEqualTo(Job.Place.UNKNOWN);
    assertThat(JsonDocument.WORKER.read(JsonDocument.WORKER.write(report))).isEqualTo(report);
  }

  @Test
  void placesAreKept() {
    Job job = Jobs.full(Jobs.NOON);
    assertThat(job.attempts().get(0).place())
        .isEqualTo(new Job.Place("node-0", "zone-b", true, "g2-standard-8"));
    assertThat(JsonDocument.JOB.read(JsonDocument.JOB.write(job))).isEqualTo(job);
  }

  @Test
  void whatIsNoDocumentIsCalledDamaged() {
    assertThatThrownBy(() -> JsonDocument.JOB.read("{"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("damaged");
  }
}
