package dev.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.JobError;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.TreeMap;

/**
 * What came back.
 *
 * @param headers the last value of each, found without regard to case
 */
record Answer(int status, Map<String, String> headers, String body) {

  Answer {
    TreeMap<String, String> byName = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    byName.putAll(headers);
    headers = byName;
  }

  String header(String name) {
    return headers.getOrDefault(name, "");
  }

  JsonObject json() {
    return new JsonObject(body);
  }

  JsonArray array() {
    return new JsonArray(body);
  }

  Answer is(int expected) {
    assertThat(status).as(body).isEqualTo(expected);
    return this;
  }

  /** Holds that this is a problem of that kind whose detail says what is allowed. */
  Answer isProblem(int expected, JobError error, String... said) {
    is(expected);
    assertThat(header("Content-Type")).isEqualTo("application/problem+json");
    assertThat(header("Holdfast-Request-Id")).matches("req_[0-9a-z]{26}");
    assertThat(json().getInteger("status")).isEqualTo(expected);
    assertThat(json().getString("code")).isEqualTo(error.code());
    for (String words : said) {
      assertThat(json().getString("detail")).contains(words);
    }
    assertThat(body).doesNotContain("Exception", "io.vertx", "java.", "dev.holdfast", "jackson");
    if (expected == 429 || expected == 503) {
      assertThat(header("Retry-After")).matches("[1-9][0-9]*");
    }
    return this;
  }
}
