package dev.holdfast.worker;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * The memories of the devices that a process infers on. Whoever infers shares one with every lane
 * of every model that is there; who must know what fits into all of it takes it alone. Thread-safe.
 */
final class DeviceMemory {

  private final Map<String, ReadWriteLock> byDevice = new ConcurrentHashMap<>();

  /** Read to share it, written to have it alone; waiting for that is fair. */
  ReadWriteLock of(String device) {
    return byDevice.computeIfAbsent(device, first -> new ReentrantReadWriteLock(true));
  }
}
