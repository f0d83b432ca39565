package dev.holdfast.client;

/** Why a verb ends early, in one sentence for the person who typed it, and its exit code. */
public final class ClientException extends Exception {

  private static final long serialVersionUID = 1L;

  private final int exitCode;

  /**
   * @param exitCode one of {@link ExitCode}
   */
  public ClientException(int exitCode, String message) {
    super(message);
    this.exitCode = exitCode;
  }

  public int exitCode() {
    return exitCode;
  }

  static ClientException usage(String message) {
    return new ClientException(ExitCode.USAGE, message);
  }

  static ClientException senseless(String message) {
    return new ClientException(ExitCode.REFUSED, "the server's answer makes no sense: " + message);
  }
}
