package dev.holdfast.planted.shutdown;

/** Closes something behind the back of the way out. */
public final class AddsHook {
  void wrong() {
    Runtime.getRuntime().addShutdownHook(new Thread());
  }
}
