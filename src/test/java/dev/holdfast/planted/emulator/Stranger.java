package dev.holdfast.planted.emulator;

import dev.holdfast.planted.worker.Host;

/** Knows a room it must not know. */
public final class Stranger {
  Object wrong() {
    return new Host();
  }
}
