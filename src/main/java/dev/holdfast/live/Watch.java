package dev.holdfast.live;

/** A watcher's place; closing it twice is harmless. */
public interface Watch extends AutoCloseable {
  @Override
  void close();
}
