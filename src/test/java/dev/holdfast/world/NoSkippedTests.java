package dev.holdfast.world;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.LifecycleMethodExecutionExceptionHandler;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.opentest4j.TestAbortedException;

/** Turns a test that gives up on an assumption into a failure; registered for every test. */
public final class NoSkippedTests
    implements TestExecutionExceptionHandler, LifecycleMethodExecutionExceptionHandler {

  @Override
  public void handleTestExecutionException(ExtensionContext context, Throwable thrown)
      throws Throwable {
    throw notAborted(thrown);
  }

  @Override
  public void handleBeforeAllMethodExecutionException(ExtensionContext context, Throwable thrown)
      throws Throwable {
    throw notAborted(thrown);
  }

  @Override
  public void handleBeforeEachMethodExecutionException(ExtensionContext context, Throwable thrown)
      throws Throwable {
    throw notAborted(thrown);
  }

  private static Throwable notAborted(Throwable thrown) {
    return thrown instanceof TestAbortedException
        ? new AssertionError("a skipped test fails the build: " + thrown.getMessage(), thrown)
        : thrown;
  }
}
