package dev.holdfast.deploy;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.junit.platform.engine.FilterResult;
import org.junit.platform.engine.TestDescriptor;
import org.junit.platform.engine.TestTag;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;
import org.junit.platform.launcher.PostDiscoveryFilter;

/**
 * Leaves the tests that need kubectl out where there is none, and says at the end how many that
 * were. Where it is required nothing is left out, and those tests fail.
 */
public final class KubectlPresent implements PostDiscoveryFilter, LauncherSessionListener {

  private static final AtomicInteger LEFT_OUT = new AtomicInteger();
  private static final Pattern SEPARATOR = Pattern.compile(Pattern.quote(File.pathSeparator));
  private static final TestTag TAG = TestTag.create(OnKubectl.TAG);

  private static boolean required() {
    return "required".equals(System.getProperty("holdfast.kubectl"))
        || "true".equals(System.getenv("CI"));
  }

  private static boolean present() {
    return SEPARATOR
        .splitAsStream(System.getenv().getOrDefault("PATH", ""))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, "kubectl")));
  }

  @Override
  public FilterResult apply(TestDescriptor test) {
    if (!test.getTags().contains(TAG) || required() || present()) {
      return FilterResult.included("kubectl is not missing");
    }
    if (test.isTest()) {
      LEFT_OUT.incrementAndGet();
    }
    return FilterResult.excluded("no kubectl");
  }

  @Override
  public void launcherSessionClosed(LauncherSession session) {
    int leftOut = LEFT_OUT.getAndSet(0);
    if (leftOut > 0) {
      System.out.printf(
          "%n%d tests of what is deployed were NOT RUN, because there is no kubectl on the PATH."
              + " Install it, 1.27 or newer; the Google Cloud SDK has it.%n%n",
          leftOut);
    }
  }
}
