package dev.holdfast.deploy;

import java.util.TreeSet;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;

/** Says at the end of all tests which kinds of manifests no schema was at hand for. */
public final class SchemasTold implements LauncherSessionListener {

  @Override
  public void launcherSessionClosed(LauncherSession session) {
    String words = words();
    if (!words.isEmpty()) {
      System.out.printf("%n%s%n%n", words);
    }
  }

  private static String words() {
    TreeSet<String> untold = new TreeSet<>(Schemas.untold());
    return untold.isEmpty()
        ? ""
        : "NOT CHECKED field by field, for want of a schema: %s. %s"
            .formatted(
                String.join(", ", untold),
                Schemas.present()
                    ? "Nobody has one for these here."
                    : "There are none in %s; -Dholdfast.schemas=DIR says where they are."
                        .formatted(Schemas.DIRECTORY));
  }
}
