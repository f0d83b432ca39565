package dev.holdfast.api;

import io.vertx.core.http.HttpServerOptions;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Where the api listens and how much it takes on.
 *
 * @param host the address to bind
 * @param port 0 lets the machine choose one; {@link ApiVerticle#port()} tells which
 * @param reusePort whether other processes of the same user may listen there, too, and the system
 *     deals connections out (SO_REUSEPORT); only Linux's own sockets can
 * @param leave how long its end may take
 */
public record ApiOptions(String host, int port, boolean reusePort, Limits limits, Leave leave) {

  /**
   * How this ends.
   *
   * @param streams over how long streams are sent away: zero if there may be nobody else who takes
   *     them, or else long enough for whoever does
   * @param all how long that and the requests that are being answered take together; what is not
   *     done then is cut off
   */
  public record Leave(Duration streams, Duration all) {
    public static final Leave USUAL = new Leave(Duration.ZERO, Duration.ofMillis(7_500));
  }

  /** The usual limits, and a port of its own. */
  public static ApiOptions of(String host, int port) {
    return new ApiOptions(host, port, false, Limits.USUAL, Leave.USUAL);
  }

  /** What an HTTP server has to know of them. */
  HttpServerOptions server() {
    return limits.server().setReusePort(reusePort);
  }

  /**
   * Bounds of one process, shared by its instances of the verticle. What does not fit is refused
   * with a status that says when to come back.
   *
   * @param bodyBytesMax a JSON body
   * @param inputBytesMax an uploaded input
   * @param inFlightMax requests at once, without those that wait for a job
   * @param longPollsMax requests at once that wait for a job
   * @param uploadsMax uploads at once
   * @param headersWaitMax from a connection's start to its first whole request head
   * @param bodyWaitMax from the head to the end of a JSON body; between two chunks of an upload
   * @param keepAliveMax from an answer to the next whole request head on the connection; on Linux
   *     also how long what was sent may wait for the client to take it
   * @param dependencyWaitMax one call of a port
   * @param streams what open streams of events may take
   */
  public record Limits(
      int bodyBytesMax,
      long inputBytesMax,
      int inFlightMax,
      int longPollsMax,
      int uploadsMax,
      Duration headersWaitMax,
      Duration bodyWaitMax,
      Duration keepAliveMax,
      Duration dependencyWaitMax,
      Streams streams) {

    public static final Limits USUAL =
        new Limits(
            1 << 20,
            50_000_000_000L,
            1_024,
            10_000,
            64,
            Duration.ofSeconds(10),
            Duration.ofSeconds(20),
            Duration.ofSeconds(75),
            Duration.ofSeconds(10),
            Streams.USUAL);

    /** How long a client may take to answer that its socket is closed. */
    private static final int SOCKET_CLOSE_WAIT_MAX_S = 2;

    /** What an HTTP server has to know of them. */
    HttpServerOptions server() {
      return new HttpServerOptions()
          .setMaxInitialLineLength(InvalidRequest.LINE_BYTES_MAX)
          .setMaxHeaderSize(InvalidRequest.HEADER_BYTES_MAX)
          .setHttp2ClearTextEnabled(false)
          .setIdleTimeoutUnit(TimeUnit.MILLISECONDS)
          .setIdleTimeout((int) keepAliveMax().toMillis())
          // a stream is never idle by that, for its heartbeats go into the system's buffers
          .setTcpUserTimeout((int) keepAliveMax().toMillis())
          .setTcpKeepAlive(true)
          .setMaxWebSocketFrameSize(streams().frameBytesMax())
          .setMaxWebSocketMessageSize(streams().frameBytesMax())
          // a window a socket would be most of what an idle socket costs
          .setPerMessageWebSocketCompressionSupported(false)
          .setPerFrameWebSocketCompressionSupported(false)
          .setWebSocketClosingTimeout(SOCKET_CLOSE_WAIT_MAX_S)
          .setTcpNoDelay(true);
    }
  }

  /**
   * Bounds of streams of events, that is of WebSockets and of answers of server-sent events.
   *
   * @param streamsMax streams at once in one process; what is above is refused with 503
   * @param subscriptionsMax jobs and labels that one stream subscribes to
   * @param frameBytesMax a frame or message of a client; a larger one closes the socket with 1009
   * @param framesPerSecondMax frames of a client, pings and pongs included; more of them close the
   *     socket with 1008
   * @param waitingMax snapshots that wait for a slow client; more of them close the socket with
   *     1013
   * @param heartbeat from one ping, or comment, to the next; shorter than {@code keepAliveMax}, so
   *     that a quiet stream does not count as idle
   * @param unansweredPingsMax a socket with so many is closed at the next heartbeat
   */
  public record Streams(
      int streamsMax,
      int subscriptionsMax,
      int frameBytesMax,
      int framesPerSecondMax,
      int waitingMax,
      Duration heartbeat,
      int unansweredPingsMax) {

    public static final Streams USUAL =
        new Streams(10_000, 1_000, 64 << 10, 20, 2_000, Duration.ofSeconds(15), 2);
  }
}
