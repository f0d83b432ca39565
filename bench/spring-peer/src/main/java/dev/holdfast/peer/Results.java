package dev.holdfast.peer;

/** Where those who asked see what became of their job. Thread-safe; blocks. */
interface Results {

  /** Somebody works on it. */
  void begun(String job) throws Exception;

  void done(String job, float[] vector) throws Exception;
}
