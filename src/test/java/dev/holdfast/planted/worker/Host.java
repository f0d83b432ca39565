package dev.holdfast.planted.worker;

/** Something to depend on. */
public final class Host {}
