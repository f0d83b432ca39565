package dev.holdfast.peer;

/** Makes a vector of a text. Thread-safe. */
interface Embedder extends AutoCloseable {

  float[] embed(String text) throws Exception;

  @Override
  void close();
}
