package dev.holdfast.planted.live;

/** Something to depend on. */
public final class Host {}
