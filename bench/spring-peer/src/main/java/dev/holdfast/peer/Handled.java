package dev.holdfast.peer;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.springframework.stereotype.Component;

/** Which jobs of a round are done; one that was delivered twice counts once. Thread-safe. */
@Component
class Handled {

  private final Set<String> jobs = new HashSet<>();

  synchronized void one(String job) {
    jobs.add(job);
    notifyAll();
  }

  synchronized void begin() {
    jobs.clear();
  }

  /**
   * @throws TimeoutException if they are not done within the limit
   */
  synchronized void await(int count, Duration limit) throws InterruptedException, TimeoutException {
    long deadline = System.nanoTime() + limit.toNanos();
    while (jobs.size() < count) {
      long left = deadline - System.nanoTime();
      if (left <= 0) {
        throw new TimeoutException(jobs.size() + " of " + count + " jobs are done");
      }
      TimeUnit.NANOSECONDS.timedWait(this, left);
    }
  }
}
