package dev.holdfast.peer;

/** Costs nothing, and says what Holdfast's model for the same purpose says. */
final class NoModel implements Embedder {

  @Override
  public float[] embed(String text) {
    return new float[] {text.length(), text.hashCode()};
  }

  @Override
  public void close() {
    // holds nothing
  }
}
