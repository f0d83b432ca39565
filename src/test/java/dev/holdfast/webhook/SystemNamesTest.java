package dev.holdfast.webhook;

import static dev.holdfast.contract.Futures.await;
import static dev.holdfast.contract.Futures.failure;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
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
}
