package dev.holdfast.planted.console;

/** Something to depend on. */
public final class Host {}
