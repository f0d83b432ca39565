package dev.holdfast.webhook;

import io.vertx.core.Future;
import java.net.InetAddress;
import java.util.List;

/** Asks for the addresses of a name. */
interface Names {

  /**
   * All addresses that the name has now; completes on any thread, and fails if it has none or
   * nobody could be asked. Its time is the caller's to limit.
   */
  Future<List<InetAddress>> lookUp(String host);
}
