package dev.holdfast.webhook;

import static dev.holdfast.contract.Futures.await;
import static dev.holdfast.contract.Futures.failure;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SystemNamesTest {

  @Test
  void whatTheMachineKnowsIsFoundAndWhatNobodyKnowsFails() throws Exception {
    SystemNames names = new SystemNames();
    try {
      assertThat(await(names.lookUp("localhost"))).allMatch(InetAddress::isLoopbackAddress);
      assertThat(failure(names.lookUp("nowhere.invalid")))
          .hasCauseInstanceOf(UnknownHostException.class);
    } finally {
      names.close();
    }
  }

  @Test
  void aNameThatIsNotAnsweredHoldsUpNoOther() throws Exception {
    CountDownLatch answered = new CountDownLatch(1);
    AtomicInteger questions = new AtomicInteger();
    SystemNames names =
        new SystemNames(
            host -> {
              questions.incrementAndGet();
              if (host.equals("dead.example")) {
                hang(answered);
              }
              return new InetAddress[] {InetAddress.getLoopbackAddress()};
            });
    try {
      List<Future<List<InetAddress>>> dead =
          IntStream.range(0, 16).mapToObj(i -> names.lookUp("dead.example")).toList();
      assertThat(await(names.lookUp("live.example"))).hasSize(1);
      assertThat(dead).noneMatch(Future::isComplete);
      answered.countDown();
      for (Future<List<InetAddress>> look : dead) {
        assertThat(await(look)).hasSize(1);
      }
      assertThat(questions).hasValue(2);
      await(names.lookUp("dead.example"));
      assertThat(questions).as("an answer is not kept").hasValue(3);
    } finally {
      answered.countDown();
      names.close();
    }
  }

  private static void hang(CountDownLatch until) {
    try {
      assertThat(until.await(30, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
