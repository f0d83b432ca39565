package dev.holdfast.tuning;

import dev.holdfast.job.ModelSpec;
import dev.holdfast.worker.InferenceEngine.LoadedModel;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * What a measurement is good for: these files of a model, run as declared, on such a machine.
 *
 * @param digest of the model directory
 * @param hardware devices and engine
 * @param declared the whole declaration, so that whatever changes in it is measured anew
 * @param lanesMax all lanes there are
 */
record TuningKey(String digest, String hardware, ModelSpec declared, int lanesMax) {

  static TuningKey of(LoadedModel model) {
    return new TuningKey(model.digest(), model.hardware().name(), model.spec(), model.lanes());
  }

  String fileName() {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(toString().getBytes(StandardCharsets.UTF_8));
      return TuningFiles.name(HexFormat.of().formatHex(hash));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
