package dev.holdfast.planted.webhook;

/** Something to depend on. */
public final class Host {}
