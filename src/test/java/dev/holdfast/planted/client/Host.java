package dev.holdfast.planted.client;

/** Something to depend on. */
public final class Host {}
