package dev.holdfast.planted.api;

/** Something to depend on. */
public final class Host {}
