package dev.holdfast.planted.onnx;

/** Something to depend on. */
public final class Host {}
