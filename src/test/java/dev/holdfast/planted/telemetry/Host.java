package dev.holdfast.planted.telemetry;

/** Something to depend on. */
public final class Host {}
