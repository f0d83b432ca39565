package dev.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.holdfast.job.JobError;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A submission that is not allowed is refused where it is wrong. */
class BadBodyTest {

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

  static Stream<Arguments> bodies() {
    String exactlyOne = "exactly one of items, uri, input_id";
    String labels =
        IntStream.range(0, 17)
            .mapToObj(i -> "\"k" + i + "\":\"\"")
            .collect(Collectors.joining(","));
    return Stream.of(
        invalid("[]", "", "JSON object"),
        invalid("{" + INPUT + "}", "", "must have 'model'"),
        invalid("{\"model\":\"mini\"}", "", "must have 'input'"),
        invalid("{\"model\":7," + INPUT + "}", "/model", "must be a string"),
        invalid("{\"model\":\"\"," + INPUT + "}", "/model", "1 to 128 characters"),
        invalid("{" + GOOD + ",\"priority\":1}", "/priority", "allowed are model, input, labels"),
        invalid("{\"model\":\"mini\",\"input\":7}", "/input", "must be an object"),
        invalid("{\"model\":\"mini\",\"input\":{}}", "/input", exactlyOne),
        invalid(
            "{\"model\":\"mini\",\"input\":{\"items\":[\"a\"],\"uri\":\"file:///a\"}}",
            "/input",
            exactlyOne),
        invalid(
            "{\"model\":\"mini\",\"input\":{\"url\":\"a\"}}",
            "/input/url",
            "allowed are items, uri, input_id"),
        invalid("{\"model\":\"mini\",\"input\":{\"items\":\"a\"}}", "/input/items", "an array"),
        invalid(
            "{\"model\":\"mini\",\"input\":{\"input_id\":\"../etc\"}}",
            "/input/input_id",
            "must match ^in_"),
        invalid("{" + GOOD + ",\"labels\":{" + labels + "}}", "/labels", "at most 16"),
        invalid("{" + GOOD + ",\"labels\":{\"Team A\":\"\"}}", "/labels", "[a-z0-9._-]{1,63}"),
        invalid("{" + GOOD + ",\"labels\":{\"a\":1}}", "/labels/a", "must be a string"),
        invalid(
            "{" + GOOD + ",\"labels\":{\"a\":\"" + "x".repeat(257) + "\"}}",
            "/labels/a",
            "0 to 256 characters"),
        invalid("{" + GOOD + ",\"failures_max\":0}", "/failures_max", "from 1 to 10"),
        invalid("{" + GOOD + ",\"failures_max\":11}", "/failures_max", "from 1 to 10"),
        invalid("{" + GOOD + ",\"failures_max\":1.5}", "/failures_max", "a whole number"),
        invalid("{" + GOOD + ",\"deadline\":\"tomorrow\"}", "/deadline", "RFC 3339"),
        invalid("{" + GOOD + ",\"deadline\":\"2001-01-01T00:00:00Z\"}", "/deadline", "future"),
        invalid("{" + GOOD + ",\"deadline\":\"9999-01-01T00:00:00Z\"}", "/deadline", "3650 days"));
  }

  static Stream<Arguments> unprocessableBodies() {
    String items = IntStream.range(0, 1001).mapToObj(i -> "1").collect(Collectors.joining(","));
    return Stream.of(
        arguments(
            "{\"model\":\"maxi\"," + INPUT + "}",
            422,
            JobError.UNKNOWN_MODEL,
            "/model",
            "there are: adder, mini"),
        arguments(
            "{\"model\":\"mini\",\"input\":{\"items\":[]}}",
            422,
            JobError.EMPTY_INPUT,
            "/input/items",
            "1 to 1000 items"),
        arguments(
            "{\"model\":\"mini\",\"input\":{\"items\":[" + items + "]}}",
            422,
            JobError.TOO_MANY_ITEMS,
            "/input/items",
            "1 to 1000 items"),
        arguments(
            "{\"model\":\"mini\",\"input\":{\"items\":[\"a\",\"b\",{\"text\":3}]}}",
            422,
            JobError.ITEM_INVALID,
            "/input/items/2",
            "items[2]: the item's text must be a string"),
        arguments(
            "{\"model\":\"mini\",\"input\":{\"items\":[null]}}",
            422,
            JobError.ITEM_WRONG_KIND,
            "/input/items/0",
            "items[0]: the item is null; this model takes text"),
        arguments(
            "{\"model\":\"adder\",\"input\":{\"items\":[\"a\"]}}",
            422,
            JobError.ITEM_WRONG_KIND,
            "/input/items/0",
            "this model takes tensors"),
        arguments(
            "{\"model\":\"mini\",\"input\":{\"items\":[\"" + "x".repeat(256 * 1024) + "\"]}}",
            422,
            JobError.ITEM_TOO_LARGE,
            "/input/items/0",
            "at most 262144"));
  }

  private static Arguments invalid(String body, String pointer, String said) {
    return arguments(body, 400, JobError.INVALID_REQUEST, pointer, said);
  }

  @ParameterizedTest(name = "{4}")
  @MethodSource({"bodies", "unprocessableBodies"})
  void aBadBodyIsRefusedWhereItIsBad(
      String body, int status, JobError error, String pointer, String said) throws Exception {
    Answer answer = api.submit(body).isProblem(status, error, said);
    if (answer.json().containsKey("errors")) {
      assertThat(answer.json().getJsonArray("errors").stream())
          .anySatisfy(e -> assertThat(((JsonObject) e).getString("pointer")).isEqualTo(pointer));
    } else {
      assertThat(pointer).isEmpty();
    }
  }

  @ParameterizedTest(name = "[{0}]")
  @CsvSource(
      delimiter = '|',
      value = {
        "''|JSON object",
        "{|not JSON",
        "{\"model\":}|not JSON",
        "{} {}|not JSON",
        "{\"model\":\"\u0001\"}|not JSON",
        "nul|not JSON",
      })
  void whatIsNotJsonIsRefused(String body, String said) throws Exception {
    api.submit(body).isProblem(400, JobError.INVALID_REQUEST, said);
  }

  @Test
  void bytesThatAreNotUtf8AndBottomlessNestingAreRefused() throws Exception {
    byte[] bytes = {'{', '"', (byte) 0xff, (byte) 0xfe, '"', ':', '1', '}'};
    api.send("POST", "/v1/jobs", Buffer.buffer(bytes), "Content-Type", "application/json")
        .isProblem(400, JobError.INVALID_REQUEST, "not JSON");
    api.submit("[".repeat(100_000)).isProblem(400, JobError.INVALID_REQUEST, "not JSON");
    api.submit("{\"a\":".repeat(50_000)).isProblem(400, JobError.INVALID_REQUEST, "not JSON");
  }

  @Test
  void aHostileNameIsNotGivenBackAsItIs() throws Exception {
    Answer answer =
        api.submit("{" + GOOD + ",\"<script>\u2028" + "x".repeat(10_000) + "\":1}")
            .isProblem(400, JobError.INVALID_REQUEST, "not a known property");
    assertThat(answer.json().getString("detail")).hasSizeLessThan(300).doesNotContain("\u2028");
  }
}
