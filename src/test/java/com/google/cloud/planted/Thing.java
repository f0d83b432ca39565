package com.google.cloud.planted;

/** Stands for the SDK that only one room may know. */
public final class Thing {
  private Thing() {}
}
