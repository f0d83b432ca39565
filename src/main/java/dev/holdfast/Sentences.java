package dev.holdfast;

import java.util.SplittableRandom;

/**
 * English sentences without end, for demonstrations and measurements: 3 to 80 words, most of them
 * around 15, always the same for the same index.
 */
public final class Sentences {

  public static final int WORDS_MIN = 3;
  public static final int WORDS_MAX = 80;

  private static final long SEED = 0x5eed_0f_5e7e_ce5L;

  private static final String[] PEOPLE =
      words(
          "the harbour master|a retired nurse|our neighbour|the night editor|two surveyors"
              + "|the youngest clerk|a visiting engineer|the whole crew|every apprentice"
              + "|the school librarian|an old fisherman|the train conductor|her cousin"
              + "|the repair team|a patient gardener|the auditors|one of the drivers"
              + "|the new tenant|a careful baker|the planning office");
  private static final String[] VERBS =
      words(
          "repaired|described|forgot|delivered|measured|painted|borrowed|questioned|rebuilt"
              + "|catalogued|sold|carried|photographed|inspected|returned|replaced|admired"
              + "|recorded|weighed|protected|translated|designed|abandoned|defended");
  private static final String[] ADJECTIVES =
      words(
          "narrow|weathered|expensive|unfinished|quiet|northern|broken|yellow|reliable|heavy"
              + "|forgotten|wooden|modern|damp|enormous|fragile|remote|polished|crooked|familiar");
  private static final String[] THINGS =
      words(
          "bridge|invoice|orchard|engine|manuscript|window frame|telescope|ferry timetable"
              + "|water pump|letter|staircase|budget|violin|greenhouse|lighthouse|server room"
              + "|contract|bicycle|weather report|kitchen table|boundary wall|archive|map");
  private static final String[] PLACES =
      words(
          "near the old market|behind the station|in the valley|across the river"
              + "|at the edge of town|under the railway arch|on the second floor|by the canal"
              + "|outside the laboratory|along the coast road|in a rented garage"
              + "|between two warehouses");
  private static final String[] TIMES =
      words(
          "before sunrise|last winter|during the storm|after the meeting|on a Tuesday evening"
              + "|in less than an hour|for the third time this year|while nobody was watching"
              + "|just before the deadline|at the end of the season|throughout the night");
  private static final String[] LINKS =
      words("and|but|because|although|so|while|which meant that|even though|until|whereas");

  private Sentences() {}

  /**
   * The sentence with an index.
   *
   * @param index any number; the same one gives the same sentence on every machine
   */
  public static String at(long index) {
    SplittableRandom random = new SplittableRandom(SEED ^ (index * 0x9e3779b97f4a7c15L));
    int wanted = wantedWords(random);
    if (wanted == WORDS_MIN) {
      return "They %s everything.".formatted(pick(random, VERBS));
    }
    if (wanted < 6) {
      return "Nobody %s the %s.".formatted(pick(random, VERBS), pick(random, THINGS));
    }
    StringBuilder text = new StringBuilder();
    if (random.nextInt(4) == 0) {
      text.append(pick(random, TIMES)).append(", ");
    }
    text.append(clause(random));
    while (count(text) < wanted) {
      String next = ", " + pick(random, LINKS) + " " + clause(random);
      if (count(text) + count(next) - 1 > WORDS_MAX) {
        break;
      }
      text.append(next);
    }
    text.setCharAt(0, Character.toUpperCase(text.charAt(0)));
    return text.append('.').toString();
  }

  /** Mostly short, sometimes long: the product of two uniform numbers leans to the left. */
  private static int wantedWords(SplittableRandom random) {
    double lean = random.nextDouble() * random.nextDouble();
    return WORDS_MIN + (int) Math.round(lean * (WORDS_MAX - WORDS_MIN));
  }

  private static String clause(SplittableRandom random) {
    StringBuilder clause = new StringBuilder();
    clause.append(pick(random, PEOPLE)).append(' ').append(pick(random, VERBS)).append(" the ");
    if (random.nextBoolean()) {
      clause.append(pick(random, ADJECTIVES)).append(' ');
    }
    clause.append(pick(random, THINGS));
    if (random.nextInt(3) == 0) {
      clause.append(' ').append(pick(random, PLACES));
    }
    if (random.nextInt(4) == 0) {
      clause.append(' ').append(pick(random, TIMES));
    }
    return clause.toString();
  }

  private static int count(CharSequence text) {
    return (int) text.chars().filter(c -> c == ' ').count() + 1;
  }

  private static String pick(SplittableRandom random, String[] list) {
    return list[random.nextInt(list.length)];
  }

  private static String[] words(String joined) {
    return joined.split("\\|", -1);
  }
}
