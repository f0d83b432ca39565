package dev.holdfast.peer;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.cloud.firestore.Firestore;
import com.google.cloud.storage.BlobInfo;
import com.google.cloud.storage.Storage;
import java.util.Map;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.stereotype.Component;

/**
 * What Holdfast shows of a job, in as few calls: a record that says in Firestore that it is being
 * processed and then that it is complete, and in between an object in Cloud Storage with its row.
 */
@Component
@ConditionalOnProperty(name = "peer.results", havingValue = "job", matchIfMissing = true)
class JobResults implements Results {

  private static final String RECORDS = "peer-jobs";
  private static final String STATE = "state";

  private final Firestore firestore;
  private final Storage storage;
  private final ObjectMapper json;
  private final String bucket;

  JobResults(
      Firestore firestore,
      Storage storage,
      ObjectMapper json,
      @Value("${peer.bucket}") String bucket) {
    this.firestore = firestore;
    this.storage = storage;
    this.json = json;
    this.bucket = bucket;
  }

  private record Row(int index, float[] embedding) {}

  @Override
  public void begun(String job) throws Exception {
    firestore.collection(RECORDS).document(job).set(Map.of(STATE, "processing")).get();
  }

  @Override
  public void done(String job, float[] vector) throws Exception {
    BlobInfo object =
        BlobInfo.newBuilder(bucket, "peer/" + job + ".json")
            .setContentType("application/json")
            .build();
    storage.create(object, json.writeValueAsBytes(new Row(0, vector)));
    firestore
        .collection(RECORDS)
        .document(job)
        .update(Map.of(STATE, "complete", "result", object.getName()))
        .get();
  }
}
