package dev.holdfast.api;

import dev.holdfast.job.Clocked;
import dev.holdfast.live.News;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** News as text frames. */
final class SocketWire implements Wire {

  private static final Logger LOG = LoggerFactory.getLogger(SocketWire.class);
  private static final Buffer NOTHING = Buffer.buffer();

  /** How long what was sent before the close may take; Vert.x waits for that without a limit. */
  private static final Duration LAST_WORDS_MAX = Duration.ofSeconds(5);

  private final ServerWebSocket socket;
  private final EventJson json;
  private final Clocked clock;
  private final Runnable cut;
  private final int unansweredMax;
  private int unanswered;
  private boolean resting;
  private Runnable drained = () -> {};
  private boolean closing;
  private Clocked.@Nullable Timer cutOff;

  /** Who hears what the client sends. */
  interface Ear {

    /** A frame of any kind has come; false if it was one too many. */
    boolean frame();

    void text(String text);

    void binary();
  }

  /**
   * @param cut closes the connection whatever waits to be sent; any thread
   * @param unansweredMax pings that may be without an answer
   */
  SocketWire(
      ServerWebSocket socket, EventJson json, Clocked clock, Runnable cut, int unansweredMax) {
    this.socket = socket;
    this.json = json;
    this.clock = clock;
    this.cut = cut;
    this.unansweredMax = unansweredMax;
    socket.pongHandler(answer -> unanswered = 0);
    socket.exceptionHandler(this::failed);
    socket.drainHandler(drain -> drained());
  }

  /** Vert.x cuts a socket off whose frames it cannot take; this says why while there is time. */
  private void failed(Throwable failure) {
    LOG.debug("a socket failed", failure);
    if (!closing && failure instanceof CorruptedWebSocketFrameException broken) {
      end((short) broken.closeStatus().code(), broken.closeStatus().reasonText());
    } else if (!closing && failure instanceof IllegalStateException) {
      close(Close.TOO_LARGE, "a message that is too large");
    }
  }

  /** From now on somebody hears the client. */
  void hear(Ear ear) {
    socket.frameHandler(
        frame -> {
          if (!closing && !frame.isClose()) {
            ear.frame();
          }
        });
    socket.textMessageHandler(
        text -> {
          if (!closing) {
            ear.text(text);
            rest();
          }
        });
    socket.binaryMessageHandler(
        bytes -> {
          if (!closing) {
            ear.binary();
          }
        });
  }

  /** Who does not read the answers is asked no more until it does. */
  private void rest() {
    if (!resting && !over() && socket.writeQueueFull()) {
      resting = true;
      socket.pause();
    }
  }

  private void drained() {
    if (resting && !closing) {
      resting = false;
      socket.resume();
    }
    drained.run();
  }

  /** Once the client has said goodbye the socket's state can no longer be asked for. */
  private boolean over() {
    return closing || socket.isClosed();
  }

  @Override
  public boolean full() {
    return over() || socket.writeQueueFull();
  }

  @Override
  public void send(News news) {
    write(json.of(news));
  }

  void answer(JsonObject answer) {
    write(answer.encode());
  }

  private void write(String text) {
    if (!closing) {
      socket.writeTextMessage(text).onFailure(e -> LOG.debug("a frame was not sent", e));
    }
  }

  @Override
  public boolean beat() {
    if (unanswered >= unansweredMax) {
      return false;
    }
    unanswered++;
    socket.writePing(NOTHING).onFailure(e -> LOG.debug("a ping was not sent", e));
    return true;
  }

  @Override
  public void goingAway() {
    write(EventJson.GOING_AWAY_JSON);
  }

  @Override
  public void close(Close why, String reason) {
    if (!closing) {
      end(why.code(), reason);
    }
  }

  private void end(short code, String reason) {
    closing = true;
    // each ping that is read is answered, into a queue that perhaps nobody empties
    socket.pause();
    socket.close(code, reason).onFailure(e -> LOG.debug("a socket was gone already", e));
    cutOff = clock.after(LAST_WORDS_MAX, cut);
  }

  @Override
  public void onDrain(Runnable task) {
    drained = task;
  }

  @Override
  public void onEnd(Runnable task) {
    socket.closeHandler(
        closed -> {
          closing = true;
          if (cutOff != null) {
            cutOff.cancel();
          }
          task.run();
        });
  }
}
