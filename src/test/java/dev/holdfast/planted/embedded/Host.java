package dev.holdfast.planted.embedded;

/** Something to depend on. */
public final class Host {}
