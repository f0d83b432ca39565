package dev.holdfast.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;

/** How the hidden states of a text's tokens become its one vector. Padding never counts. */
enum Pooling {
  /** The mean of the tokens. */
  MEAN,
  /** The first token, which BERT trains to stand for the text. */
  CLS,
  /** The largest value of each dimension. */
  MAX,
  /** The sum of the tokens over the root of their number. */
  MEAN_SQRT_LEN;

  private static final int[] TOKENS = {1};

  /** Far below any hidden state, so that padding is never the largest. */
  private static final float MASKED = 1e9f;

  /**
   * @param hidden fp32, [texts, tokens, width]
   * @param mask fp32, [texts, tokens], 1 for a token and 0 for padding; each text has a token
   * @return fp32, [texts, width]
   */
  NDArray pool(NDArray hidden, NDArray mask) {
    NDArray wide = mask.expandDims(2);
    return switch (this) {
      case MEAN -> hidden.mul(wide).sum(TOKENS).div(mask.sum(TOKENS, true));
      case CLS -> hidden.get(new NDIndex(":, 0"));
      case MAX -> hidden.mul(wide).add(wide.sub(1).mul(MASKED)).max(TOKENS);
      case MEAN_SQRT_LEN -> hidden.mul(wide).sum(TOKENS).div(mask.sum(TOKENS, true).sqrt());
    };
  }
}
