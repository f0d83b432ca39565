package dev.holdfast.bench;

/** What the worker has as the bare loop has it. */
enum Same {
  /** Every thread of the worker is on the one core. */
  CORE("same core", 0),
  /** One thread infers, on whatever core there is, and so does everything else. */
  THREADS("same threads", -1);

  private final String words;
  private final int core;

  Same(String words, int core) {
    this.words = words;
    this.core = core;
  }

  String words() {
    return words;
  }

  /** The one core of both, or -1 for any. */
  int core() {
    return core;
  }
}
