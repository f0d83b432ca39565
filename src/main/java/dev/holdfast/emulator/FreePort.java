package dev.holdfast.emulator;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A port for a server that is told its port before it starts, and may start again on it.
 *
 * <p>A port that the kernel picks comes from the range out of which it serves outgoing connections,
 * too (Linux from 32,768, others from 49,152): between being found free and being listened on, any
 * connection of the machine may take it. These come from below.
 */
public final class FreePort {

  private static final int FIRST = 15_000;
  private static final int END = 30_000;
  private static final int TRIES_MAX = 100;

  private FreePort() {}

  /**
   * A port of the loopback address on which nobody listens now. Any thread.
   *
   * @throws IOException if none was found in a hundred tries
   */
  public static int find() throws IOException {
    for (int i = 0; i < TRIES_MAX; i++) {
      int port = ThreadLocalRandom.current().nextInt(FIRST, END);
      if (isFree(port)) {
        return port;
      }
    }
    throw new IOException(
        "no free port between %d and %d in %d tries".formatted(FIRST, END, TRIES_MAX));
  }

  private static boolean isFree(int port) throws IOException {
    try (ServerSocket free = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      return free.isBound();
    } catch (BindException taken) {
      return false;
    }
  }
}
