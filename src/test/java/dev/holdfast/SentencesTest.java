package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class SentencesTest {

  private static final int SAMPLE = 5_000;

  @Test
  void areVariedAndOfEveryLength() {
    List<String> sentences = LongStream.range(0, SAMPLE).mapToObj(Sentences::at).toList();
    List<Integer> lengths = sentences.stream().map(s -> s.split(" ", -1).length).toList();

    assertThat(lengths).allMatch(n -> n >= Sentences.WORDS_MIN && n <= Sentences.WORDS_MAX);
    assertThat(lengths).anyMatch(n -> n == Sentences.WORDS_MIN).anyMatch(n -> n > 70);
    assertThat(lengths.stream().mapToInt(n -> n).average().orElse(0)).isBetween(15.0, 35.0);
    assertThat(sentences.stream().distinct().count()).isGreaterThan(SAMPLE * 9L / 10);
    assertThat(sentences).allMatch(s -> s.matches("[A-Z][A-Za-z ,'-]*\\."));
  }

  @Test
  void areTheSameEverywhereAndAlways() {
    assertThat(Sentences.at(0)).isEqualTo(Sentences.at(0)).isNotEqualTo(Sentences.at(1));
    assertThat(Sentences.at(7)).isEqualTo("Nobody measured the window frame.");
  }
}
