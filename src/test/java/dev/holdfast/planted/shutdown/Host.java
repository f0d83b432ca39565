package dev.holdfast.planted.shutdown;

/** Something to depend on. */
public final class Host {}
