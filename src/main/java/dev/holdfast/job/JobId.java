package dev.holdfast.job;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The name of a job: {@code job_} and 26 characters of lower-case base 32, 128 bits.
 *
 * <p>Random (or, for a job submitted with an idempotency key, a hash of that key), never
 * sequential: sequential document names turn a store that shards by name into a hot spot.
 */
public record JobId(String value) {

  private static final String PREFIX = "job_";
  private static final String ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
  private static final int ID_BYTES = 16;
  private static final int ID_CHARS = 26;
  private static final Pattern SHAPE =
      Pattern.compile(PREFIX + "[" + ALPHABET + "]{" + ID_CHARS + "}");
  private static final SecureRandom RANDOM = new SecureRandom();

  public JobId {
    if (!SHAPE.matcher(value).matches()) {
      throw new IllegalArgumentException("not a job id: " + value);
    }
  }

  /** A new name that nobody can guess. */
  public static JobId random() {
    byte[] bytes = new byte[ID_BYTES];
    RANDOM.nextBytes(bytes);
    return new JobId(PREFIX + encode(bytes));
  }

  /**
   * The one name that an idempotency key leads to. Creating the record under it is what makes two
   * submissions with the same key one job, on any store that has create-if-absent.
   */
  public static JobId ofKey(String idempotencyKey) {
    byte[] digest = sha256(("idempotency-key\n" + idempotencyKey).getBytes(StandardCharsets.UTF_8));
    return new JobId(PREFIX + encode(Arrays.copyOf(digest, ID_BYTES)));
  }

  /** The id that {@code text} spells, or empty if it spells none. */
  public static Optional<JobId> parse(String text) {
    return SHAPE.matcher(text).matches() ? Optional.of(new JobId(text)) : Optional.empty();
  }

  /** 26 random characters that can be part of an object name or a token. */
  public static String randomToken() {
    return random().value.substring(PREFIX.length());
  }

  static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private static String encode(byte[] bytes) {
    StringBuilder text = new StringBuilder(ID_CHARS);
    int buffer = 0;
    int bits = 0;
    for (byte b : bytes) {
      buffer = (buffer << 8) | (b & 0xff);
      bits += 8;
      while (bits >= 5) {
        bits -= 5;
        text.append(ALPHABET.charAt((buffer >> bits) & 31));
      }
    }
    if (bits > 0) {
      text.append(ALPHABET.charAt((buffer << (5 - bits)) & 31));
    }
    return text.toString();
  }

  @Override
  public String toString() {
    return value;
  }
}
