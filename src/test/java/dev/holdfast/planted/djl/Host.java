package dev.holdfast.planted.djl;

/** Something to depend on. */
public final class Host {}
