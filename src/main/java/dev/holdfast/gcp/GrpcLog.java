package dev.holdfast.gcp;

import java.util.logging.Level;
import java.util.logging.Logger;

/** gRPC's log, which goes another way than ours; what it tells of its start is for nobody here. */
final class GrpcLog {

  /** Held, since loggers that nobody holds forget their level. */
  private static final Logger GRPC = Logger.getLogger("io.grpc");

  private GrpcLog() {}

  static void quieten() {
    GRPC.setLevel(Level.WARNING);
  }
}
