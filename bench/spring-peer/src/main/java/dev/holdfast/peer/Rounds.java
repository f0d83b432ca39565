package dev.holdfast.peer;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.springframework.boot.CommandLineRunner;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.integration.dsl.context.IntegrationFlowContext;
import org.springframework.integration.dsl.context.IntegrationFlowContext.IntegrationFlowRegistration;
import org.springframework.stereotype.Component;

/**
 * For the benchmark: each line of the standard input is a subscription and how many jobs wait
 * there; answers with the seconds that they took, from the start of the adapter to the last one.
 * Ends with its input.
 */
@Component
class Rounds implements CommandLineRunner {

  /** Before what is meant for the benchmark; everything else on the standard output is a log. */
  private static final String ANSWER = "peer: ";

  private static final Duration ROUND_MAX = Duration.ofMinutes(5);

  private final PeerFlow flow;
  private final IntegrationFlowContext flows;
  private final Handled handled;
  private final ConfigurableApplicationContext application;

  Rounds(
      PeerFlow flow,
      IntegrationFlowContext flows,
      Handled handled,
      ConfigurableApplicationContext application) {
    this.flow = flow;
    this.flows = flows;
    this.handled = handled;
    this.application = application;
  }

  @Override
  public void run(String... arguments) throws Exception {
    System.out.println(ANSWER + "ready");
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      List<String> words = List.of(line.strip().split(" "));
      handled.begin();
      IntegrationFlowRegistration round =
          flows.registration(flow.from(words.get(0))).autoStartup(false).register();
      long from = System.nanoTime();
      round.start();
      handled.await(Integer.parseInt(words.get(1)), ROUND_MAX);
      double seconds = (System.nanoTime() - from) / 1e9;
      round.destroy();
      System.out.println(ANSWER + seconds);
    }
    application.close();
  }
}
