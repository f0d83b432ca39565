package dev.holdfast.planted.emulator;

/** Something to depend on. */
public final class Host {}
