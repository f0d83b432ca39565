package dev.holdfast.planted.tuning;

/** Something to depend on. */
public final class Host {}
