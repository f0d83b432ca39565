package dev.holdfast.webhook;

import dev.holdfast.job.Clocked;
import dev.holdfast.job.WebhookDelivery.Answer;
import dev.holdfast.job.WebhookLife;
import io.netty.channel.ConnectTimeoutException;
import io.vertx.core.http.HttpClosedException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** What an answer, or the lack of one, means: Standard Webhooks 1.0.0, "Delivery success". */
final class Answers {

  private static final int GONE = 410;

  private Answers() {}

  static Answer of(int status, @Nullable String retryAfter, Clocked clock) {
    if (status / 100 == 2) {
      return Answer.delivered(status);
    }
    String error =
        status / 100 == 3
            ? "the receiver answered %d; redirects are not followed".formatted(status)
            : "the receiver answered %d".formatted(status);
    return new Answer(status, error, status == GONE, seconds(retryAfter, clock.instant()));
  }

  /** RFC 9110, section 10.2.3: a number of seconds or a date; 0 for anything else. */
  private static long seconds(@Nullable String retryAfter, Instant now) {
    if (retryAfter == null) {
      return 0;
    }
    long most = WebhookLife.TRIED_FOR.toSeconds();
    if (retryAfter.matches("[0-9]+")) {
      return retryAfter.length() > 9 ? most : Math.min(most, Long.parseLong(retryAfter));
    }
    try {
      Instant until =
          ZonedDateTime.parse(retryAfter, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      return Math.max(0, Math.min(most, Duration.between(now, until).toSeconds()));
    } catch (DateTimeParseException e) {
      return 0;
    }
  }

  /** Why there was no answer. The client reads it, so it names no address and quotes nobody. */
  static String said(Throwable failure) {
    for (Throwable at = failure; at != null; at = at.getCause()) {
      if (at instanceof SSLException) {
        return "the receiver's TLS or certificate is not in order";
      }
      if (at instanceof ConnectTimeoutException) {
        return "no connection within %d s".formatted(HttpCaller.CONNECT_MAX.toSeconds());
      }
      if (at instanceof ConnectException || at instanceof NoRouteToHostException) {
        return "the receiver does not take connections";
      }
      if (at instanceof HttpClosedException) {
        return "the receiver closed the connection without an answer";
      }
    }
    return "the call broke off";
  }
}
