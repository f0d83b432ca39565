package dev.holdfast.api;

import dev.holdfast.job.JobId;
import dev.holdfast.live.News;
import dev.holdfast.live.Subscriber;

/** A subscriber and the wire to its client. Belongs to one context. */
final class LiveStream implements Subscriber.Outlet {

  private final Subscriber subscriber;
  private final Wire wire;
  private final boolean endsWithJob;

  /**
   * @param endsWithJob whether the stream is about one job and ends when that does
   */
  LiveStream(Subscriber subscriber, Wire wire, boolean endsWithJob) {
    this.subscriber = subscriber;
    this.wire = wire;
    this.endsWithJob = endsWithJob;
    wire.onDrain(subscriber::pump);
  }

  Subscriber subscriber() {
    return subscriber;
  }

  Wire wire() {
    return wire;
  }

  /** Begins to send. */
  void start() {
    subscriber.attach(this);
  }

  @Override
  public boolean full() {
    return wire.full();
  }

  @Override
  public void send(News news) {
    wire.send(news);
    if (endsWithJob && news.snapshot().job().state().terminal()) {
      wire.close(Wire.Close.DONE, "the job has ended");
    }
  }

  @Override
  public void gone(JobId job) {
    if (endsWithJob) {
      wire.close(Wire.Close.DONE, "the job is deleted");
    }
  }

  @Override
  public void overflow() {
    wire.close(Wire.Close.TRY_LATER, "read faster, or subscribe to less");
  }

  @Override
  public void missed() {
    wire.close(Wire.Close.TRY_LATER, "some events are lost; connect again, and list");
  }

  void beat() {
    if (!wire.beat()) {
      wire.close(Wire.Close.POLICY, "no answer to pings");
    }
  }

  void goAway() {
    wire.goingAway();
    wire.close(Wire.Close.GOING_AWAY, "this server is going; connect again");
  }
}
