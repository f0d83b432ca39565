package dev.holdfast.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;

class FreePortTest {

  @Test
  void isBelowTheRangeOfOutgoingConnectionsAndCanBeListenedOn() throws IOException {
    int port = FreePort.find();
    assertThat(port).isBetween(1_024, 32_767);
    try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      assertThat(socket.getLocalPort()).isEqualTo(port);
    }
  }
}
