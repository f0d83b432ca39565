package dev.holdfast.client;

/** What the exit code of every verb means. */
public final class ExitCode {

  public static final int OK = 0;
  public static final int JOB_FAILED = 1;

  /** The command line, the configuration, or a file it names cannot be used. */
  public static final int USAGE = 2;

  public static final int JOB_CANCELLED = 3;

  /** The server answered that it will not, or its answer made no sense. */
  public static final int REFUSED = 4;

  /** The server could not be reached after bounded retries. */
  public static final int UNREACHABLE = 5;

  private ExitCode() {}
}
