package dev.holdfast.peer;

import com.google.cloud.firestore.Firestore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.stereotype.Component;

/** The least that lets anybody see a result: one document in Firestore, with the vector in it. */
@Component
@ConditionalOnProperty(name = "peer.results", havingValue = "document")
class OneDocument implements Results {

  private static final String DOCUMENTS = "peer-results";

  private final Firestore firestore;

  OneDocument(Firestore firestore) {
    this.firestore = firestore;
  }

  @Override
  public void begun(String job) {
    // nobody hears of it before it is done
  }

  @Override
  public void done(String job, float[] vector) throws Exception {
    List<Double> values = new ArrayList<>(vector.length);
    for (float value : vector) {
      values.add((double) value);
    }
    firestore.collection(DOCUMENTS).document(job).set(Map.of("vector", values)).get();
  }
}
