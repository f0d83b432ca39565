package dev.holdfast.world;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIf;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/** Tests that would be skipped elsewhere fail here. Method: runs two of them and counts. */
class NoSkippedTestsTest {

  /** Not found by the build, since its name does not end in Test. */
  static class WouldBeSkipped {

    @Test
    void givesUp() {
      assumeTrue(false, "no such machine");
    }

    @Test
    @DisabledIf("always")
    void isSwitchedOff() {
      throw new AssertionError("it ran");
    }

    static boolean always() {
      return true;
    }
  }

  @Test
  void aSkippedTestIsAFailedTest() {
    SummaryGeneratingListener listener = new SummaryGeneratingListener();
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(selectClass(WouldBeSkipped.class))
            .build();
    LauncherFactory.create().execute(request, listener);

    TestExecutionSummary summary = listener.getSummary();
    assertThat(summary.getTestsFailedCount()).isEqualTo(2);
    assertThat(summary.getTestsSkippedCount() + summary.getTestsAbortedCount()).isZero();
  }
}
