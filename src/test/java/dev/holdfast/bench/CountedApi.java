package dev.holdfast.bench;

import com.sun.management.ThreadMXBean;
import dev.holdfast.Main;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * The program as its users start it, with one thread more, which answers each line of the standard
 * input with the bytes that the process's Java threads have allocated so far.
 */
final class CountedApi {

  /** Before each answer, to tell it from whatever else the process writes. */
  static final String ANSWER = "allocated ";

  /** What starts it. */
  static final List<String> COMMAND = List.of(CountedApi.class.getName(), "api");

  private CountedApi() {}

  public static void main(String[] arguments) {
    Thread counter = new Thread(CountedApi::answer, "bench-allocated");
    counter.setDaemon(true);
    counter.start();
    Main.main(arguments);
  }

  private static void answer() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      while (in.readLine() != null) {
        // a thread that has ended meanwhile has -1
        long bytes =
            Arrays.stream(threads.getThreadAllocatedBytes(threads.getAllThreadIds()))
                .filter(b -> b > 0)
                .sum();
        System.out.println(ANSWER + bytes);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Asks a process that was started by {@link #COMMAND}. */
  static long allocatedBytes(Child process) throws IOException {
    process.tell("allocated");
    return Long.parseLong(process.answerAfter(ANSWER));
  }
}
