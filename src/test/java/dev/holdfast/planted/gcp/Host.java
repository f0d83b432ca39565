package dev.holdfast.planted.gcp;

/** Something to depend on. */
public final class Host {}
