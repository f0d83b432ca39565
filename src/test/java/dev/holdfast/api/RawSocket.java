package dev.holdfast.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;

/** A WebSocket client that answers nothing by itself, and says what a library would not. */
final class RawSocket implements AutoCloseable {

  static final int CONTINUATION = 0x0;
  static final int TEXT = 0x1;
  static final int BINARY = 0x2;
  static final int CLOSE = 0x8;
  static final int PING = 0x9;
  private static final int FINAL = 0x80;
  private static final int MASKED = 0x80;

  final Socket socket;

  /**
   * @param opcode of RFC 6455, 5.2
   */
  record Frame(int opcode, Buffer payload) {
    int closeCode() {
      return payload.getUnsignedShort(0);
    }
  }

  private RawSocket(Socket socket) {
    this.socket = socket;
  }

  static RawSocket open(ApiFixture api, String path) throws IOException {
    return open(api, path, 0);
  }

  /**
   * @param receiveBytes what may wait on this side to be read; 0 is up to the machine
   */
  static RawSocket open(ApiFixture api, String path, int receiveBytes) throws IOException {
    Socket socket = api.connect(receiveBytes);
    String request =
        """
        GET %s HTTP/1.1\r
        Host: 127.0.0.1:%d\r
        Connection: Upgrade\r
        Upgrade: websocket\r
        Sec-WebSocket-Version: 13\r
        Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r
        \r
        """
            .formatted(path, api.port);
    socket.getOutputStream().write(request.getBytes(ISO_8859_1));
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      head.append((char) socket.getInputStream().read());
    }
    assertThat(head.toString()).startsWith("HTTP/1.1 101");
    return new RawSocket(socket);
  }

  void text(String text) throws IOException {
    frame(FINAL | TEXT, text.getBytes(UTF_8));
  }

  void frame(int first, byte[] payload) throws IOException {
    announce(first, payload.length);
    socket.getOutputStream().write(payload);
  }

  /** A frame's head with a mask of zeros, which leaves the payload as it is. */
  void announce(int first, long length) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    head.write(first);
    if (length < 126) {
      head.write(MASKED | (int) length);
    } else if (length < 1 << 16) {
      head.write(MASKED | 126);
      head.write((int) (length >> 8));
      head.write((int) length);
    } else {
      head.write(MASKED | 127);
      for (int shift = 56; shift >= 0; shift -= 8) {
        head.write((int) (length >> shift));
      }
    }
    head.write(new byte[4]);
    socket.getOutputStream().write(head.toByteArray());
  }

  void ping() throws IOException {
    frame(FINAL | PING, new byte[0]);
  }

  void unfinished(int opcode, byte[] payload) throws IOException {
    frame(opcode, payload);
  }

  void binary(byte[] payload) throws IOException {
    frame(FINAL | BINARY, payload);
  }

  Frame next() throws IOException {
    InputStream in = socket.getInputStream();
    int opcode = in.read() & 0xf;
    int length = in.read() & 0x7f;
    if (length == 126) {
      length = (in.read() << 8) | in.read();
    } else if (length == 127) {
      length = (int) new DataInputStream(in).readLong();
    }
    return new Frame(opcode, Buffer.buffer(in.readNBytes(length)));
  }

  /** Reads up to the frame that closes; returns its code. */
  int closeCode() throws IOException {
    Frame frame = next();
    while (frame.opcode() != CLOSE) {
      frame = next();
    }
    return frame.closeCode();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
