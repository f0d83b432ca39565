package dev.holdfast.webhook;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The keys that calls are signed with, newest first; all of them sign, so that receivers can change
 * from one to the next at their own time. Nothing of them is ever shown. Safe for many threads.
 *
 * <p>Form and scheme are those of Standard Webhooks 1.0.0, "Signature scheme".
 */
public final class WebhookSecrets {

  /** What a list of secrets must look like, for an operator. */
  public static final String FORM =
      "must be secrets with commas between, newest first, at most 4; each is whsec_ and the base64"
          + " of 24 to 64 random bytes";

  public static final WebhookSecrets NONE = new WebhookSecrets(List.of());

  private static final String PREFIX = "whsec_";
  private static final int BYTES_MIN = 24;
  private static final int BYTES_MAX = 64;
  private static final int SECRETS_MAX = 4;
  private static final String ALGORITHM = "HmacSHA256";

  private final List<SecretKeySpec> keys;

  private WebhookSecrets(List<SecretKeySpec> keys) {
    this.keys = List.copyOf(keys);
  }

  /**
   * The secrets in a list with commas between; empty if any of them is not of the {@link #FORM}.
   */
  public static Optional<WebhookSecrets> parse(String text) {
    if (text.isBlank()) {
      return Optional.of(NONE);
    }
    List<SecretKeySpec> keys = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      String secret = part.strip();
      byte[] bytes = secret.startsWith(PREFIX) ? decoded(secret) : new byte[0];
      if (bytes.length < BYTES_MIN || bytes.length > BYTES_MAX) {
        return Optional.empty();
      }
      keys.add(new SecretKeySpec(bytes, ALGORITHM));
    }
    return keys.size() > SECRETS_MAX ? Optional.empty() : Optional.of(new WebhookSecrets(keys));
  }

  private static byte[] decoded(String secret) {
    try {
      return Base64.getDecoder().decode(secret.substring(PREFIX.length()));
    } catch (IllegalArgumentException e) {
      return new byte[0];
    }
  }

  public boolean isEmpty() {
    return keys.isEmpty();
  }

  /**
   * The signatures of a message, one for each secret.
   *
   * @param timestamp of this attempt, in seconds since 1970
   */
  String signatures(String id, long timestamp, Buffer body) {
    byte[] head = "%s.%d.".formatted(id, timestamp).getBytes(StandardCharsets.UTF_8);
    return keys.stream()
        .map(key -> "v1," + signature(key, head, body.getBytes()))
        .collect(Collectors.joining(" "));
  }

  private static String signature(SecretKeySpec key, byte[] head, byte[] body) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      mac.update(head);
      return Base64.getEncoder().encodeToString(mac.doFinal(body));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has HMAC-SHA256", e);
    }
  }

  @Override
  public String toString() {
    return keys.size() + " secrets";
  }
}
