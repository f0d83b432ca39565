package dev.holdfast.job;

import io.vertx.core.Future;

/** Tells the clients that asked for it that their jobs have ended. Thread-safe. */
public interface Webhooks {

  /**
   * Checks a URL as far as can be done at once; its name is looked up when it is called.
   *
   * @throws JobException {@link JobError#WEBHOOK_REFUSED} with what is allowed
   */
  void check(String url);

  /**
   * Takes on a job that has ended and whose client waits to be told.
   *
   * @return whether it was seen to: begun, or somebody else has. False if there is no room for it
   *     now; then the record is as it was.
   */
  Future<Boolean> offer(Job job);

  /** Nobody is told of anything. */
  Webhooks OFF =
      new Webhooks() {
        @Override
        public void check(String url) {
          throw JobError.WEBHOOK_REFUSED.because("this server sends no webhooks");
        }

        @Override
        public Future<Boolean> offer(Job job) {
          return Future.succeededFuture(false);
        }
      };
}
