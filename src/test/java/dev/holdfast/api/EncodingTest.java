package dev.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.JobId;
import dev.holdfast.job.RowEncoding;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How a submission says in what form its numbers are to come. */
class EncodingTest {

  @TempDir static Path directory;
  private static ApiFixture api;

  @BeforeAll
  static void start() throws Exception {
    api = new ApiFixture(directory);
  }

  @AfterAll
  static void stop() throws Exception {
    api.close();
  }

  private static String body(String encoding) {
    return "{\"model\":\"mini\"%s,\"input\":{\"items\":[\"a\"]}}".formatted(encoding);
  }

  private static RowEncoding stored(Answer answer) throws Exception {
    JobId id = new JobId(answer.json().getString("id"));
    return ApiFixture.await(api.embedded.store().get(id)).orElseThrow().spec().encoding();
  }

  @ParameterizedTest
  @EnumSource(RowEncoding.class)
  void whatIsAskedForIsInTheRecordAndTheAnswer(RowEncoding encoding) throws Exception {
    String name = encoding.wireName();
    Answer answer = api.submit(body(",\"encoding\":\"" + name + "\"")).is(202);
    assertThat(stored(answer)).isEqualTo(encoding);
    assertThat(answer.json().getString("encoding")).isEqualTo(name);
  }

  @Test
  void numbersAreJsonUnlessAnythingElseIsAskedFor() throws Exception {
    Answer answer = api.submit(body("")).is(202);
    assertThat(stored(answer)).isEqualTo(RowEncoding.JSON);
    assertThat(answer.json().getString("encoding")).isEqualTo("json");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"hex\"", "\"BASE64\"", "\"\"", "64", "null"})
  void anEncodingThatNobodyKnowsIsRefusedWithThoseThatAreKnown(String encoding) throws Exception {
    assertThat(api.submit(body(",\"encoding\":" + encoding)).is(400).json().encode())
        .contains("/encoding");
  }
}
