package dev.holdfast.planted.tuning;

import dev.holdfast.planted.api.Host;

/** Knows a room it must not know. */
public final class Stranger {
  Object wrong() {
    return new Host();
  }
}
