package dev.holdfast.live;

import dev.holdfast.job.JobId;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A watcher whose faults stay its own: whoever is told after it is told. */
final class ShieldedWatcher implements Watcher {

  private static final Logger LOG = LoggerFactory.getLogger(ShieldedWatcher.class);

  private final Watcher watcher;

  ShieldedWatcher(Watcher watcher) {
    this.watcher = watcher;
  }

  @Override
  public void saw(Snapshot snapshot) {
    tell(() -> watcher.saw(snapshot));
  }

  @Override
  public void gone(JobId job) {
    tell(() -> watcher.gone(job));
  }

  @Override
  public void failed(JobId job, Throwable why) {
    tell(() -> watcher.failed(job, why));
  }

  @Override
  public void missed() {
    tell(watcher::missed);
  }

  private static void tell(Runnable news) {
    try {
      news.run();
    } catch (RuntimeException e) {
      LOG.error("A watcher failed on news; the others hear them.", e);
    }
  }
}
