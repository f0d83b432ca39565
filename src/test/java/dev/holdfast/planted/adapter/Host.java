package dev.holdfast.planted.adapter;

/** Something to depend on. */
public final class Host {}
