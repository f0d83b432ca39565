package dev.holdfast.bench;

import java.util.List;

/**
 * Where the mean of ratios lies with 95 % confidence, by Student's t over their logarithms, so that
 * a ratio and its inverse weigh the same.
 */
record Interval(double low, double mean, double high) {

  /** What the t of few values is approximated by needs as many. */
  static final int VALUES_MIN = 4;

  /** What a standard normal value stays below in 97.5 % of cases. */
  private static final double NORMAL = 1.959964;

  /**
   * The geometric mean and its interval.
   *
   * @param ratios no fewer than {@link #VALUES_MIN}, all above 0; taken to be independent
   */
  static Interval ofRatios(List<Double> ratios) {
    int count = ratios.size();
    if (count < VALUES_MIN) {
      throw new IllegalArgumentException(
          "an interval needs %d values, there are %d".formatted(VALUES_MIN, count));
    }
    double mean = ratios.stream().mapToDouble(Math::log).sum() / count;
    double squares = ratios.stream().mapToDouble(r -> Math.pow(Math.log(r) - mean, 2)).sum();
    double half = student(count - 1) * Math.sqrt(squares / (count - 1) / count);
    return new Interval(Math.exp(mean - half), Math.exp(mean), Math.exp(mean + half));
  }

  /**
   * The 97.5 % quantile of Student's t, by Abramowitz and Stegun, "Handbook of Mathematical
   * Functions", 26.7.5; 0.2 % off for 3 degrees of freedom, less for more.
   */
  static double student(int freedom) {
    double z = NORMAL;
    double g1 = (Math.pow(z, 3) + z) / 4;
    double g2 = (5 * Math.pow(z, 5) + 16 * Math.pow(z, 3) + 3 * z) / 96;
    double g3 = (3 * Math.pow(z, 7) + 19 * Math.pow(z, 5) + 17 * Math.pow(z, 3) - 15 * z) / 384;
    double g4 =
        (79 * Math.pow(z, 9)
                + 776 * Math.pow(z, 7)
                + 1482 * Math.pow(z, 5)
                - 1920 * Math.pow(z, 3)
                - 945 * z)
            / 92_160;
    double f = freedom;
    return z + g1 / f + g2 / Math.pow(f, 2) + g3 / Math.pow(f, 3) + g4 / Math.pow(f, 4);
  }

  /** As the rounds of a figure: its median is the mean, its range the interval. */
  List<Double> asRounds() {
    return List.of(low, mean, high);
  }
}
