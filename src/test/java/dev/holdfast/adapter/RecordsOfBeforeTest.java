package dev.holdfast.adapter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobState;
import dev.holdfast.job.RowEncoding;
import org.junit.jupiter.api.Test;

/** Records that an older Holdfast wrote down are still read. */
class RecordsOfBeforeTest {

  @Test
  void fromBeforeThereWereWebhooksAndEncodings() {
    Job job =
        JsonDocument.JOB.read(
            """
            {"id":"job_00000000000000000000000000","version":2,
             "spec":{"model":"m","input":{"kind":"inline","lines":"1\\n","items":1},
                     "labels":{},"failuresMax":3},
             "state":"CANCELLED","createdAt":1772366400000,"updatedAt":1772366400001,
             "endedAt":1772366400001,"wakeAt":1772971200001,
             "progress":{"done":0,"failed":0,"total":1},
             "checkpoint":{"nextItem":0,"inputOffset":0,"nextLine":1,"parts":0,"bytes":0,"failed":0},
             "spent":{"failures":0,"interruptions":0,"suspects":0},"fence":0,"attempts":[]}
            """);
    assertThat(job.state()).isEqualTo(JobState.CANCELLED);
    assertThat(job.spec().webhook()).isNull();
    assertThat(job.webhook()).isNull();
    assertThat(job.untold()).isFalse();
    assertThat(job.spec().encoding()).isEqualTo(RowEncoding.JSON);
  }
}
