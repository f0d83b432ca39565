package dev.holdfast.planted.health;

/** Something to depend on. */
public final class Host {}
