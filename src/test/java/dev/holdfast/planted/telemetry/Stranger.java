package dev.holdfast.planted.telemetry;

import dev.holdfast.planted.embedded.Host;

/** Knows a room it must not know. */
public final class Stranger {
  Object wrong() {
    return new Host();
  }
}
