package dev.holdfast.shutdown;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/** The process's own SIGTERM and SIGINT; nobody else in the house handles a signal. */
public final class ProcessSignals {

  /** What a shell reports for a process that a signal ended. */
  private static final int SIGNALLED = 128;

  private ProcessSignals() {}

  /**
   * Takes both signals over from the JVM.
   *
   * @param first hears the name of the first of them; must not block
   * @param again ends the process at once; hears the code for the second of them
   */
  public static void on(Consumer<String> first, IntConsumer again) {
    AtomicInteger seen = new AtomicInteger();
    for (String name : List.of("TERM", "INT")) {
      handle(
          name,
          number -> {
            if (seen.incrementAndGet() == 1) {
              first.accept("SIG" + name);
            } else {
              again.accept(SIGNALLED + number);
            }
          });
    }
  }

  /**
   * A shutdown hook cannot tell a second signal from the first, so this is {@code sun.misc.Signal},
   * which {@code jdk.unsupported} exports; by reflection, as the compiler warns of any other use.
   */
  private static void handle(String name, IntConsumer handler) {
    try {
      Class<?> signals = Class.forName("sun.misc.Signal");
      Class<?> handlers = Class.forName("sun.misc.SignalHandler");
      Object signal = signals.getConstructor(String.class).newInstance(name);
      int number = (int) signals.getMethod("getNumber").invoke(signal);
      Object proxy =
          Proxy.newProxyInstance(
              ProcessSignals.class.getClassLoader(),
              new Class<?>[] {handlers},
              (self, method, arguments) -> {
                if (method.getName().equals("handle")) {
                  handler.accept(number);
                }
                return null;
              });
      signals.getMethod("handle", signals, handlers).invoke(null, signal, proxy);
    } catch (ClassNotFoundException
        | NoSuchMethodException
        | InstantiationException
        | IllegalAccessException
        | InvocationTargetException e) {
      throw new IllegalStateException("this Java cannot handle signals", e);
    }
  }
}
