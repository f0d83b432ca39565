package dev.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.Job;
import dev.holdfast.job.JobError;
import dev.holdfast.job.JobId;
import dev.holdfast.job.JobLife;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResultTest {

  private static final String ROWS = "application/x-ndjson";

  @TempDir static Path directory;
  static ApiFixture api;
  static String path = "";
  static String rows = "";

  /** A complete job of three parts, after whose last a zombie wrote another. */
  @BeforeAll
  static void start() throws Exception {
    api = new ApiFixture(directory);
    JobId id = api.submitted(6);
    Job job = api.claimed(id);
    rows = api.part(job, 0, 3) + api.part(job, 3, 1) + api.part(job, 4, 2);
    api.part(job, 6, 5);
    api.completed(job, 6, 3, rows.length());
    path = "/v1/jobs/" + id + "/result";
  }

  @AfterAll
  static void stop() throws Exception {
    api.close();
  }

  @Test
  void thePartsComeInOrderAndOnlyThoseOfTheRecord() throws Exception {
    Answer answer = api.get(path).is(200);

    assertThat(answer.body()).isEqualTo(rows);
    assertThat(answer.header("Content-Type")).isEqualTo(ROWS);
    assertThat(answer.header("Content-Length")).isEqualTo(Integer.toString(rows.length()));
    assertThat(answer.header("Accept-Ranges")).isEqualTo("bytes");
    api.get(path, "If-None-Match", answer.header("ETag")).is(304);
    assertThat(api.get(path.replace("/result", "")).json().getJsonObject("result"))
        .isEqualTo(
            new JsonObject()
                .put("parts", 3)
                .put("items", 6)
                .put("failed", 0)
                .put("bytes", rows.length())
                .put("model_digest", ApiFixture.MODEL_DIGEST)
                .put("href", path));
  }

  @Test
  void aSmallResultCanBeOneArray() throws Exception {
    Answer answer = api.get(path, "Accept", "application/json").is(200);

    assertThat(answer.header("Content-Type")).isEqualTo("application/json");
    assertThat(answer.array().size()).isEqualTo(6);
    assertThat(answer.body()).isEqualTo("[" + rows.strip().replace("\n", ",") + "]");
  }

  @Test
  void everyRangeIsThoseBytesWhereverThePartsMeet() throws Exception {
    int length = rows.length();
    for (int from = 0; from < length; from += 5) {
      for (int to = from; to < length; to += 11) {
        Answer answer = api.get(path, "Range", "bytes=" + from + "-" + to).is(206);
        assertThat(answer.body()).isEqualTo(rows.substring(from, to + 1));
        assertThat(answer.header("Content-Range"))
            .isEqualTo("bytes %d-%d/%d".formatted(from, to, length));
        assertThat(answer.header("Content-Length")).isEqualTo(Integer.toString(to - from + 1));
      }
    }
    assertThat(api.get(path, "Range", "bytes=40-").is(206).body()).isEqualTo(rows.substring(40));
    assertThat(api.get(path, "Range", "bytes=-7").is(206).body())
        .isEqualTo(rows.substring(length - 7));
    assertThat(api.get(path, "Range", "bytes=-9999").is(206).body()).isEqualTo(rows);
    assertThat(api.get(path, "Range", "bytes=0-9999").is(206).body()).isEqualTo(rows);
    assertThat(api.get(path, "Range", "rows=0-1").is(200).body()).isEqualTo(rows);
  }

  @Test
  void aRangeOfAnotherResultIsNotMixedIn() throws Exception {
    String etag = api.get(path).header("ETag");
    api.get(path, "Range", "bytes=0-3", "If-Range", etag).is(206);
    assertThat(api.get(path, "Range", "bytes=0-3", "If-Range", "\"other\"").is(200).body())
        .isEqualTo(rows);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=5-2",
        "bytes=0-1,3-4",
        "bytes=-0",
        "bytes=9999-",
        "bytes=99999999999999999999-",
        "bytes=0x1-2"
      })
  void aRangeOfNothingIsRefused(String range) throws Exception {
    Answer answer =
        api.get(path, "Range", range).isProblem(416, JobError.RANGE_NOT_SATISFIABLE, "Range");
    assertThat(answer.header("Content-Range")).isEqualTo("bytes */" + rows.length());
  }

  @Test
  void aRunningJobGivesWhatIsDurableIfAsked() throws Exception {
    Job job = api.claimed(api.submitted(6));
    String own = "/v1/jobs/" + job.id() + "/result";
    api.get(own).isProblem(409, JobError.RESULT_NOT_READY, "processing", "?partial=true");
    assertThat(api.get(own + "?partial=true").is(200).body()).isEmpty();
    String first = api.part(job, 0, 2);
    api.part(job, 2, 2);
    job = api.checkpointed(job, 2, 1, first.length());

    Answer answer = api.get(own + "?partial=true", "Range", "bytes=0-3").is(200);

    assertThat(answer.body()).isEqualTo(first);
    assertThat(answer.header("Holdfast-Next-Item")).isEqualTo("2");
    assertThat(answer.header("Accept-Ranges")).isEqualTo("none");
    assertThat(api.get(own + "?partial=true", "Accept", "application/json").is(200).array().size())
        .isEqualTo(2);

    ApiFixture.await(
        api.records.update(
            job,
            (before, now) ->
                JobLife.attemptFailed(
                    before,
                    JobError.MODEL_CHANGED.because("another model"),
                    false,
                    Duration.ZERO,
                    now)));
    api.get(own).isProblem(409, JobError.RESULT_NOT_READY, "failed");
    assertThat(api.get(own + "?partial=true").is(200).body()).isEqualTo(first);
    assertThat(api.get("/v1/jobs/" + job.id()).json().getJsonObject("error").getString("code"))
        .isEqualTo("model_changed");
  }

  @Test
  void aPartThatIsGoneIsOurFaultAndNoEmptyResult() throws Exception {
    Job job = api.claimed(api.submitted(2));
    String only = api.part(job, 0, 2);
    job = api.completed(job, 2, 1, only.length());
    String own = "/v1/jobs/" + job.id() + "/result";
    assertThat(api.get(own).is(200).body()).isEqualTo(only);

    assertThat(ApiFixture.await(api.embedded.objects().delete(job.partKey(0)))).isTrue();
    api.get(own).isProblem(500, JobError.INTERNAL);
  }

  @Test
  void anEmptyPartialArrayIsAnArray() throws Exception {
    JobId id = api.submitted(1);
    assertThat(
            api.get("/v1/jobs/" + id + "/result?partial=true", "Accept", "application/json")
                .is(200)
                .body())
        .isEqualTo("[]");
  }

  @Test
  void aLargeResultIsStreamedButNotAsOneArray() throws Exception {
    Job job = api.claimed(api.submitted(2));
    StringBuilder all = new StringBuilder();
    int row = 0;
    for (int part = 0; part < 4; part++) {
      all.append(api.part(job, row, 40_000));
      row += 40_000;
    }
    api.completed(job, row, 4, all.length());
    String own = "/v1/jobs/" + job.id() + "/result";

    assertThat(all.length()).isGreaterThan(4 * PartPump.CHUNK_BYTES);
    assertThat(api.get(own).is(200).body()).isEqualTo(all.toString());
    int middle = all.length() / 2;
    assertThat(api.get(own, "Range", "bytes=10-" + middle).is(206).body())
        .isEqualTo(all.substring(10, middle + 1));
    api.get(own, "Accept", "application/json")
        .isProblem(406, JobError.NOT_ACCEPTABLE, "160000 rows", "at most 1000", ROWS);
  }

  @Test
  void whatAResultCanBeIsSaid() throws Exception {
    api.get(path, "Accept", "text/csv")
        .isProblem(406, JobError.NOT_ACCEPTABLE, ROWS + ", application/json");
    assertThat(api.get(path, "Accept", "application/*").header("Content-Type")).isEqualTo(ROWS);
    assertThat(
            api.get(path, "Accept", "application/json, application/x-ndjson;q=0.5")
                .header("Content-Type"))
        .isEqualTo("application/json");
  }
}
