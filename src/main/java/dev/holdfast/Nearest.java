package dev.holdfast;

import java.util.Collection;
import java.util.Locale;

/** Finds what somebody probably meant to write. */
final class Nearest {

  /** Further apart than this, two names have nothing to do with each other. */
  private static final int EDITS_MAX = 3;

  private Nearest() {}

  /** A hint such as {@code ; did you mean 'port'?}, or nothing if no known name is near. */
  static String hint(String written, Collection<String> known) {
    String best = "";
    int fewest = Math.min(EDITS_MAX, written.length() / 2) + 1;
    for (String name : known) {
      int edits = edits(written.toLowerCase(Locale.ROOT), name.toLowerCase(Locale.ROOT));
      if (edits < fewest) {
        fewest = edits;
        best = name;
      }
    }
    return best.isEmpty() ? "" : "; did you mean '%s'?".formatted(best);
  }

  /** Insertions, deletions and replacements that lead from one to the other (Levenshtein). */
  private static int edits(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int above = row[j];
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(replaced, Math.min(above, row[j - 1]) + 1);
        diagonal = above;
      }
    }
    return row[b.length()];
  }
}
