package dev.holdfast.world;

import dev.holdfast.emulator.Emulators;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.platform.engine.FilterResult;
import org.junit.platform.engine.TestDescriptor;
import org.junit.platform.engine.TestTag;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;
import org.junit.platform.launcher.PostDiscoveryFilter;

/**
 * Leaves the tests that need emulators out where there are none, and says at the end how many that
 * were. Where emulators are required nothing is left out, and those tests fail.
 */
public final class EmulatorsPresent implements PostDiscoveryFilter, LauncherSessionListener {

  private static final AtomicInteger LEFT_OUT = new AtomicInteger();
  private static final TestTag TAG = TestTag.create(OnEmulators.TAG);

  static boolean required() {
    return "required".equals(System.getProperty("holdfast.emulators"))
        || "true".equals(System.getenv("CI"));
  }

  @Override
  public FilterResult apply(TestDescriptor test) {
    if (!test.getTags().contains(TAG) || required() || GoogleEmulators.present()) {
      return FilterResult.included("no emulator is missing");
    }
    if (test.isTest()) {
      LEFT_OUT.incrementAndGet();
    }
    return FilterResult.excluded("no emulators");
  }

  @Override
  public void launcherSessionClosed(LauncherSession session) {
    int leftOut = LEFT_OUT.getAndSet(0);
    if (leftOut > 0) {
      System.out.printf(
          "%n%d tests on Google's emulators were NOT RUN, because none were found. %s%n%n",
          leftOut, Emulators.HOW_TO_GET_THEM);
    }
  }
}
