package dev.holdfast.planted.console;

import dev.holdfast.planted.job.Host;

/** Knows a room it must not know. */
public final class Stranger {
  Object wrong() {
    return new Host();
  }
}
