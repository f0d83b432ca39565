package dev.holdfast.planted.job;

/** Something to depend on. */
public final class Host {}
