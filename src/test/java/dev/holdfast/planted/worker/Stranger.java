package dev.holdfast.planted.worker;

import dev.holdfast.planted.djl.Host;

/** Knows a room it must not know. */
public final class Stranger {
  Object wrong() {
    return new Host();
  }
}
