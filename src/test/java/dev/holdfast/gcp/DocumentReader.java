package dev.holdfast.gcp;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.api.gax.rpc.ApiException;
import com.google.api.gax.rpc.ResponseObserver;
import com.google.api.gax.rpc.StreamController;
import com.google.firestore.v1.BatchGetDocumentsResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Reads a document, and keeps what it hears. */
final class DocumentReader implements ResponseObserver<BatchGetDocumentsResponse> {
  private final List<String> heard = new ArrayList<>();
  private @Nullable StreamController controller;
  private boolean throwing;

  @Override
  public void onStart(StreamController started) {
    controller = started;
    heard.add("start");
  }

  @Override
  public void onResponse(BatchGetDocumentsResponse response) {
    if (throwing) {
      throw new IllegalStateException("cannot be read");
    }
    String name =
        response.hasFound()
            ? "found " + response.getFound().getName()
            : "missing " + response.getMissing();
    heard.add(name + " at " + response.getReadTime().getSeconds());
  }

  @Override
  public void onError(Throwable failure) {
    heard.add(
        failure instanceof ApiException ? "" + CallFailure.code(failure) : failure.toString());
  }

  @Override
  public void onComplete() {
    heard.add("end");
  }

  /** What came after the start. */
  List<String> rest() {
    assertThat(heard).first().isEqualTo("start");
    return heard.subList(1, heard.size());
  }

  void cannotRead() {
    throwing = true;
  }

  void cancel() {
    Objects.requireNonNull(controller).cancel();
  }
}
