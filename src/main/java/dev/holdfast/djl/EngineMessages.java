package dev.holdfast.djl;

import java.util.List;

/** Finds the sentence in what the engine says, which comes with traces of C++ and TorchScript. */
final class EngineMessages {

  /** Begins the reason, which is the last of the lines that TorchScript's interpreter writes. */
  private static final String INTERPRETER_REASON = "RuntimeError: ";

  private static final int LENGTH_MAX = 500;

  private EngineMessages() {}

  static String reason(Throwable failure) {
    String message = failure.getMessage();
    if (message == null || message.isBlank()) {
      return failure.getClass().getSimpleName();
    }
    List<String> lines = message.lines().map(String::strip).filter(l -> !l.isEmpty()).toList();
    String reason = lines.get(0);
    for (String line : lines) {
      if (line.startsWith(INTERPRETER_REASON)) {
        reason = line.substring(INTERPRETER_REASON.length());
      }
    }
    return reason.length() <= LENGTH_MAX ? reason : reason.substring(0, LENGTH_MAX) + "…";
  }
}
