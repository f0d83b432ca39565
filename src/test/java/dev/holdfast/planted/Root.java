package dev.holdfast.planted;

/** Stands for the composition root, which no room may know. */
public final class Root {
  private Root() {}

  /** Something to depend on. */
  public static final Object THING = new Object();
}
