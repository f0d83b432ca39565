package dev.holdfast.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads answers off a socket, as plainly as can be. */
final class RawAnswer {

  private RawAnswer() {}

  /** An answer with a Content-Length. */
  static Answer read(Socket socket) throws IOException {
    List<String> lines = head(socket).lines().toList();
    Map<String, String> headers = new HashMap<>();
    for (int i = 1; i < lines.size(); i++) {
      int colon = lines.get(i).indexOf(':');
      if (colon < 0) {
        continue;
      }
      headers.put(lines.get(i).substring(0, colon), lines.get(i).substring(colon + 1).strip());
    }
    int status = Integer.parseInt(lines.get(0).substring(9, 12));
    Answer answer = new Answer(status, headers, "");
    int length = Integer.parseInt(answer.header("Content-Length"));
    return new Answer(
        status, headers, new String(socket.getInputStream().readNBytes(length), UTF_8));
  }

  /** The status line and the headers. */
  static String head(Socket socket) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    InputStream in = socket.getInputStream();
    while (!head.toString(ISO_8859_1).endsWith("\r\n\r\n")) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("closed after " + head.toString(ISO_8859_1));
      }
      head.write(next);
    }
    return head.toString(ISO_8859_1);
  }
}
