package dev.holdfast.adapter;

import dev.holdfast.job.JobError;
import dev.holdfast.job.JobException;
import dev.holdfast.job.ObjectStore;
import java.util.Map;
import java.util.regex.Pattern;

/** The rules for keys and metadata; the one for keys keeps every file under its root. */
public final class ObjectKey {

  /** Not {@code .} or {@code ..}: a segment that a file system would not take as a name. */
  private static final String SEGMENT = "(?!\\.{1,2}(?:/|$))[A-Za-z0-9._-]";

  private static final Pattern KEY = Pattern.compile(SEGMENT + "+(?:/" + SEGMENT + "+)*+");
  private static final Pattern PREFIX = Pattern.compile("(?:" + KEY + "/?)?");

  private ObjectKey() {}

  /**
   * @throws JobException if it is not a lawful key
   */
  public static void check(String key) {
    if (key.length() > ObjectStore.KEY_CHARS_MAX || !KEY.matcher(key).matches()) {
      throw unlawful("key");
    }
  }

  /**
   * @throws JobException if no lawful key begins with it
   */
  public static void checkPrefix(String prefix) {
    if (prefix.length() > ObjectStore.KEY_CHARS_MAX || !PREFIX.matcher(prefix).matches()) {
      throw unlawful("prefix");
    }
  }

  /**
   * @throws JobException if a metadata's names and values together are too long
   */
  public static void checkMetadata(Map<String, String> metadata) {
    int chars = 0;
    for (Map.Entry<String, String> entry : metadata.entrySet()) {
      chars += entry.getKey().length() + entry.getValue().length();
    }
    if (chars > ObjectStore.METADATA_CHARS_MAX) {
      throw JobError.INVALID_REQUEST.because(
          "An object's metadata has at most " + ObjectStore.METADATA_CHARS_MAX + " characters.");
    }
  }

  private static JobException unlawful(String what) {
    return JobError.INVALID_REQUEST.because(
        "The object %s is not lawful: at most %d characters, segments of A-Z a-z 0-9 . _ - joined by /, none of them . or .."
            .formatted(what, ObjectStore.KEY_CHARS_MAX));
  }
}
