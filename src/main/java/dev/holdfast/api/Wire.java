package dev.holdfast.api;

import dev.holdfast.live.News;

/** The way to one client of a stream. Belongs to one context. */
interface Wire {

  /** Why a stream ends, as RFC 6455 (7.4) and the IANA registry of close codes number it. */
  enum Close {
    DONE(1000),
    GOING_AWAY(1001),
    POLICY(1008),
    TOO_LARGE(1009),
    TRY_LATER(1013);

    private final short code;

    Close(int code) {
      this.code = (short) code;
    }

    short code() {
      return code;
    }
  }

  /** Whether the client reads more slowly than it is written to. */
  boolean full();

  void send(News news);

  /**
   * Shows that the stream lives.
   *
   * @return false if the client seems to be gone
   */
  boolean beat();

  /** Says that this process is going; the stream is ended next. */
  void goingAway();

  /** Ends the stream; idempotent. */
  void close(Close why, String reason);

  /**
   * @param task runs whenever the client has caught up
   */
  void onDrain(Runnable task);

  /**
   * @param task runs once, when the stream has ended by whichever side
   */
  void onEnd(Runnable task);
}
