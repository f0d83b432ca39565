package dev.holdfast.api;

import dev.holdfast.job.JobError;
import io.netty.channel.ChannelHandlerContext;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.impl.HttpServerConnection;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Requests that want to become WebSockets (RFC 6455, 4.2). */
final class Upgrade {

  private static final int HTTP_PORT = 80;
  private static final int HTTPS_PORT = 443;

  private Upgrade() {}

  static boolean wanted(HttpServerRequest request) {
    return has(request, "Connection", "upgrade") && has(request, "Upgrade", "websocket");
  }

  private static boolean has(HttpServerRequest request, String header, String token) {
    return request.headers().getAll(header).stream()
        .flatMap(value -> Arrays.stream(value.split(",")))
        .anyMatch(value -> value.strip().equalsIgnoreCase(token));
  }

  /**
   * Pages of other sites can open sockets with a browser's cookies and place in the network, and no
   * rule of the browser keeps them from reading what comes. What is no browser sends no origin.
   *
   * @throws Refusal if a browser says that the page is of another site
   */
  static void checkOrigin(HttpServerRequest request) {
    String origin = request.getHeader("Origin");
    if (origin != null && !sameSite(origin, request.getHeader("Host"))) {
      throw new Refusal(
          JobError.ORIGIN_NOT_ALLOWED,
          "a page of %s cannot open sockets here: its host and port must be those of the request"
              .formatted(SchemaCheck.shown(origin)));
    }
  }

  /** The scheme is not compared: in front of this server, TLS may have been taken off. */
  static boolean sameSite(String origin, @Nullable String host) {
    try {
      URI page = new URI(origin);
      URI here = new URI("http://" + host);
      if (host == null || page.getHost() == null || here.getHost() == null) {
        return false;
      }
      int usual = "https".equalsIgnoreCase(page.getScheme()) ? HTTPS_PORT : HTTP_PORT;
      return page.getHost().toLowerCase(Locale.ROOT).equals(here.getHost().toLowerCase(Locale.ROOT))
          && port(page, usual) == port(here, usual);
    } catch (URISyntaxException e) {
      return false;
    }
  }

  /** Closes a connection at once: Vert.x's own close waits behind everything that is not sent. */
  @SuppressWarnings("FutureReturnValueIgnored") // the socket's close handler hears it
  static void cut(HttpConnection connection) {
    if (connection instanceof HttpServerConnection known) {
      ChannelHandlerContext outermost =
          known.channelHandlerContext().channel().pipeline().firstContext();
      if (outermost != null) {
        outermost.close();
      }
    }
  }

  private static int port(URI uri, int usual) {
    return uri.getPort() < 0 ? usual : uri.getPort();
  }
}
