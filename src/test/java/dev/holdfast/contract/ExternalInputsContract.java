package dev.holdfast.contract;

import static dev.holdfast.contract.Futures.await;
import static dev.holdfast.contract.Futures.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.ExternalInputs;
import dev.holdfast.job.ExternalInputs.Info;
import dev.holdfast.job.JobError;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** What every {@link ExternalInputs} does. */
public abstract class ExternalInputsContract {

  protected abstract ExternalInputs inputs();

  /** Puts content where inputs are allowed, in place of what was there, and returns its URI. */
  protected abstract String put(String name, Buffer content) throws IOException;

  /** The URI of something that exists where no input is allowed. */
  protected abstract String outside() throws IOException;

  @Test
  void readsAnInputInPieces() throws IOException {
    Buffer content = Buffer.buffer("0123456789");
    Info info = await(inputs().stat(put("rows.jsonl", content)));
    assertThat(info.bytes()).isEqualTo(10);
    assertThat(await(inputs().read(info.uri(), info.revision(), 0, 100))).isEqualTo(content);
    assertThat(await(inputs().read(info.uri(), info.revision(), 8, 100)))
        .isEqualTo(Buffer.buffer("89"));
    assertThat(await(inputs().read(info.uri(), info.revision(), 2, 3)))
        .isEqualTo(Buffer.buffer("234"));
    assertThat(await(inputs().read(info.uri(), info.revision(), 10, 3)).length()).isZero();
    assertThat(await(inputs().stat(info.uri()))).as("a normal spelling").isEqualTo(info);
  }

  @Test
  void anInputThatChangedIsNotReadAsIfItHadNot() throws IOException {
    Info before = await(inputs().stat(put("changing.jsonl", Buffer.buffer("one"))));
    put("changing.jsonl", Buffer.buffer("two"));
    refusal(inputs().read(before.uri(), before.revision(), 0, 10), JobError.INPUT_CHANGED);
    assertThat(await(inputs().stat(before.uri())).revision()).isNotEqualTo(before.revision());
  }

  @Test
  void anInputThatIsNotThereIsNotFound() throws IOException {
    String uri = put("here.jsonl", Buffer.buffer("x")).replace("here.jsonl", "nowhere.jsonl");
    refusal(inputs().stat(uri), JobError.INPUT_NOT_FOUND);
    refusal(inputs().read(uri, "any", 0, 1), JobError.INPUT_NOT_FOUND);
  }

  @Test
  void nothingOutsideIsTouched() throws IOException {
    refusal(inputs().stat(outside()), JobError.INPUT_OUTSIDE_ROOT);
    refusal(inputs().read(outside(), "any", 0, 1), JobError.INPUT_OUTSIDE_ROOT);
    for (String uri :
        new String[] {"", "http://localhost/x", "rows.jsonl", "ftp:x", "\u0000", "%"}) {
      refusal(inputs().stat(uri), JobError.INPUT_OUTSIDE_ROOT);
    }
  }
}
