package dev.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.JobError;
import io.vertx.core.buffer.Buffer;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is not allowed is refused with a code, and with words that say what is. */
class BadRequestTest {

  private static final String INPUT = "\"input\":{\"items\":[\"a\"]}";
  private static final String GOOD = "\"model\":\"mini\"," + INPUT;

  @TempDir static Path directory;
  static ApiFixture api;

  @BeforeAll
  static void start() throws Exception {
    api = new ApiFixture(directory);
  }

  @AfterAll
  static void stop() throws Exception {
    api.close();
  }

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "/v1/jobs?state=done|queued, processing, interrupted, complete, failed, cancelled",
        "/v1/jobs?limit=0|from 1 to 100",
        "/v1/jobs?limit=101|from 1 to 100",
        "/v1/jobs?limit=ten|a whole number",
        "/v1/jobs?limit=99999999999999999999|a whole number",
        "/v1/jobs?label=team|must match ^[a-z0-9._-]{1,63}:",
        "/v1/jobs?label=Team:a|must match",
        "/v1/jobs?model=|1 to 128 characters",
        "/v1/jobs?page=2|allowed are cursor, label, limit, model, state",
        "/v1/jobs?state=queued&state=failed|must be there once",
        "/v1/stats?a=b|allowed are none",
        "/v1/jobs/x?wait=0|must match",
        "/v1/jobs/x?wait=61s|must match",
        "/v1/jobs/x?wait=1m|must match",
        "/v1/jobs/x?wait=1s&after_version=-1|from 0 to",
        "/v1/jobs/x/result?partial=yes|a boolean",
      })
  void aBadQueryIsRefused(String path, String said) throws Exception {
    api.get(path).isProblem(400, JobError.INVALID_REQUEST, said);
  }

  @Test
  void aBadHeaderIsRefused() throws Exception {
    String body = "{" + GOOD + "}";
    api.submit(body, "Idempotency-Key", "")
        .isProblem(400, JobError.INVALID_REQUEST, "must match ^[ -~]{1,255}$");
    api.submit(body, "Idempotency-Key", "k".repeat(256))
        .isProblem(400, JobError.INVALID_REQUEST, "{1,255}");
    api.submit(body, "Idempotency-Key", "a", "Idempotency-Key", "b")
        .isProblem(400, JobError.INVALID_REQUEST, "must be there once");
    api.submit(body, "Prefer", "wait=61")
        .isProblem(400, JobError.INVALID_REQUEST, "from 0 to 60 seconds");
    api.submit(body, "Prefer", "wait=soon")
        .isProblem(400, JobError.INVALID_REQUEST, "from 0 to 60 seconds");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "text/plain",
    "application/xml",
    "application/jsonx",
    "application/json; charset=latin1",
    "','"
  })
  void aBodyOfAnotherTypeIsRefused(String type) throws Exception {
    api.send("POST", "/v1/jobs", Buffer.buffer("{" + GOOD + "}"), "Content-Type", type)
        .isProblem(415, JobError.UNSUPPORTED_MEDIA_TYPE, "application/json");
    api.send("POST", "/v1/inputs", Buffer.buffer("1\n"), "Content-Type", type)
        .isProblem(
            415, JobError.UNSUPPORTED_MEDIA_TYPE, "application/jsonl or application/x-ndjson");
  }

  @Test
  void aBodyWithoutATypeOrCompressedIsRefused() throws Exception {
    api.send("POST", "/v1/jobs", Buffer.buffer("{" + GOOD + "}"))
        .isProblem(415, JobError.UNSUPPORTED_MEDIA_TYPE, "application/json");
    api.submit("{" + GOOD + "}", "Content-Encoding", "gzip")
        .isProblem(415, JobError.UNSUPPORTED_MEDIA_TYPE, "without Content-Encoding");
    api.send(
            "POST",
            "/v1/inputs",
            Buffer.buffer("1"),
            "Content-Type",
            "application/jsonl",
            "Content-Encoding",
            "gzip")
        .isProblem(415, JobError.UNSUPPORTED_MEDIA_TYPE, "without Content-Encoding");
    api.send(
            "POST",
            "/v1/jobs",
            Buffer.buffer("{" + GOOD + "}"),
            "Content-Type",
            "Application/JSON; Charset=\"UTF-8\"")
        .is(202);
  }

  @Test
  void aBodyThatIsTooLargeIsRefused() throws Exception {
    api.submit(" ".repeat((1 << 20) + 1))
        .isProblem(413, JobError.BODY_TOO_LARGE, "1048576 bytes", "/v1/inputs");
  }

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource({
    "GET,/v1",
    "GET,/v2/jobs",
    "GET,/v1/jobs/a/b",
    "GET,/v1/jobs%2Fa",
    "POST,/metrics",
    "GET,/v1/../../etc/passwd"
  })
  void whatIsNotThereIsNotFound(String method, String path) throws Exception {
    api.send(method, path, null).isProblem(404, JobError.ROUTE_NOT_FOUND, "/openapi.yaml");
  }

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "DELETE|/v1/jobs|GET, POST",
        "PUT|/v1/jobs/x|GET",
        "GET|/v1/jobs/x/cancel|POST",
        "GET|/v1/inputs|POST",
        "PATCH|/v1/stats|GET",
        "BREW|/openapi.yaml|GET",
      })
  void anotherMethodIsNotAllowed(String method, String path, String allowed) throws Exception {
    Answer answer =
        api.send(method, path, null).isProblem(405, JobError.METHOD_NOT_ALLOWED, allowed);
    assertThat(answer.header("Allow")).isEqualTo(allowed);
  }

  @ParameterizedTest
  @CsvSource({
    "x",
    "job_",
    "job_0000000000000000000000000U",
    "job_00000000000000000000000000",
    "%00"
  })
  void anOddIdIsTheIdOfNoJob(String id) throws Exception {
    api.get("/v1/jobs/" + id).isProblem(404, JobError.JOB_NOT_FOUND, "no job");
    api.get("/v1/jobs/" + id + "?wait=1").isProblem(404, JobError.JOB_NOT_FOUND, "no job");
    api.get("/v1/jobs/" + id + "/result").isProblem(404, JobError.JOB_NOT_FOUND, "no job");
    api.post("/v1/jobs/" + id + "/cancel", "").isProblem(404, JobError.JOB_NOT_FOUND, "no job");
    api.post("/v1/jobs/" + id + "/retry", "").isProblem(404, JobError.JOB_NOT_FOUND, "no job");
    api.get("/v1/inputs/" + id).isProblem(404, JobError.INPUT_NOT_FOUND, "no input");
  }

  @Test
  void whatNobodyMakesIsNotAcceptable() throws Exception {
    api.get("/v1/jobs", "Accept", "text/html")
        .isProblem(406, JobError.NOT_ACCEPTABLE, "application/json");
    api.get("/v1/jobs", "Accept", "application/json;q=0")
        .isProblem(406, JobError.NOT_ACCEPTABLE, "application/json");
    api.get("/v1/jobs", "Accept", "text/html, */*;q=0.1").is(200);
    api.get("/v1/jobs", "Accept", ";").isProblem(406, JobError.NOT_ACCEPTABLE, "application/json");
    api.get("/openapi.yaml", "Accept", "text/html")
        .isProblem(406, JobError.NOT_ACCEPTABLE, "application/yaml");
  }
}
