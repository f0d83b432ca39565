package dev.holdfast.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The drawing of the states in ARCHITECTURE.md and the table in the code are the same. */
class JobStateTest {

  @Test
  void theDrawingAndTheTableAgree() throws Exception {
    Set<String> drawn = new TreeSet<>();
    Matcher arrow =
        Pattern.compile("^  (\\w+) --> (\\w+)", Pattern.MULTILINE)
            .matcher(Files.readString(Path.of("ARCHITECTURE.md")));
    while (arrow.find()) {
      drawn.add(arrow.group(1) + " -> " + arrow.group(2));
    }
    Set<String> allowed = new TreeSet<>();
    for (JobState from : JobState.values()) {
      for (JobState to : JobState.values()) {
        if (from.canBecome(to)) {
          allowed.add(from.wireName() + " -> " + to.wireName());
        }
      }
    }
    assertThat(drawn).isEqualTo(allowed);
  }

  @Test
  void everyWireNameLeadsBack() {
    for (JobState state : JobState.values()) {
      assertThat(JobState.ofWireName(state.wireName())).contains(state);
    }
    assertThat(JobState.ofWireName("unheard_of")).isEmpty();
  }
}
