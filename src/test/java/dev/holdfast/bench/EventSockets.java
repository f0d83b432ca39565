package dev.holdfast.bench;

import dev.holdfast.emulator.FreePort;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.ToDoubleFunction;

/**
 * Subscribers of running jobs, each with a socket of its own to one API in a process of its own:
 * how late they hear, what they cost, and how they come through a restart. The records are written
 * beside them, in place of workers. They are a process of their own, too: what Java compiles for
 * thousands of clients, which would be on other machines, is not to be taken from the API's cores.
 */
final class EventSockets implements AutoCloseable {

  private static final int SOCKETS = Integer.getInteger("bench.sockets", 5_000);
  private static final int EVENTS_PER_SECOND = 200;
  private static final int SECONDS = Integer.getInteger("bench.events.seconds", 30);
  private static final int GOING_AWAY = 1001;
  private static final Map<String, String> ALONE = Map.of();
  private static final Map<String, String> AMONG_OTHERS = Map.of("HOLDFAST_REUSE_PORT", "true");
  private static final String DONE = "done";
  private static final String BETWEEN = "\t";

  private final Map<String, String> environment;
  private final Path log;
  private volatile int port = FreePort.find();
  private final Subscribers subscribers;
  private List<Watched> watched = List.of();

  private EventSockets(Path data, Path log) throws IOException {
    this.log = log;
    this.subscribers = new Subscribers(data, 2 * SOCKETS, () -> port);
    this.environment = Map.of("HOLDFAST_DATA", data.toString(), "HOLDFAST_LOG_LEVEL", "warn");
  }

  static void run(Path data, Path log, Report report) throws IOException {
    List<String> command = List.of(EventSockets.class.getName(), data.toString(), log.toString());
    try (Child clients = Child.start(-1, Map.of(), log, flags(), command)) {
      for (String line = clients.answer(); !line.equals(DONE); line = clients.answer()) {
        String[] figure = line.split(BETWEEN, -1);
        if (figure.length == 3) {
          report.add(figure[0], Double.parseDouble(figure[1]), figure[2]);
        } else {
          System.out.println(line);
        }
      }
    }
  }

  /** Java's second compiler would take a core for the time of the measurement. */
  private static List<String> flags() {
    List<String> flags = new ArrayList<>(List.of("-XX:TieredStopAtLevel=1"));
    System.getProperties().stringPropertyNames().stream()
        .filter(name -> name.startsWith("bench."))
        .forEach(name -> flags.add("-D%s=%s".formatted(name, System.getProperty(name))));
    return flags;
  }

  /** Arguments: the data directory and the log; prints figures. */
  public static void main(String[] arguments) throws Exception {
    try (EventSockets sockets = new EventSockets(Path.of(arguments[0]), Path.of(arguments[1]))) {
      sockets.run(
          (name, value, unit) -> System.out.println(String.join(BETWEEN, name, "" + value, unit)));
    }
    System.out.println(DONE);
  }

  private interface Figures {
    void add(String name, double value, String unit);
  }

  private void run(Figures report)
      throws IOException, InterruptedException, ExecutionException, TimeoutException {
    watched = subscribers.some(SOCKETS);
    List<Watched> others = subscribers.some(SOCKETS / 10);
    String what = SOCKETS + " sockets";
    Child first = startApi(port, ALONE);
    try {
      // what the first of them load, compile and pool is not theirs
      subscribers.connect(watched.subList(0, SOCKETS / 10));
      subscribers.round(watched.subList(0, SOCKETS / 10));
      long before = first.residentMib();
      subscribers.connect(watched.subList(SOCKETS / 10, SOCKETS));
      long after = first.residentMib();
      report.add(
          what + ", resident memory each",
          (after - before) * 1024.0 / (SOCKETS - SOCKETS / 10.0),
          "KiB");
      watched.forEach(Watched::forgetLatencies);
      subscribers.events(watched, EVENTS_PER_SECOND, SECONDS);
      report.add(what + ", record written to frame, p50", latency(0.5), "ms");
      report.add(what + ", record written to frame, p99", latency(0.99), "ms");
      report.add(what + ", events not received", sum(Watched::missing), "");
      comeBacks(first, others, what, report);
    } finally {
      first.close();
    }
  }

  /**
   * To the only process there is, started again; to a replica that serves others already; and to a
   * process that takes another's place on its port.
   *
   * @param others whom the replica serves before
   */
  private void comeBacks(Child only, List<Watched> others, String what, Figures report)
      throws IOException, InterruptedException, ExecutionException, TimeoutException {
    try (Child first = restart(only, what, report)) {
      int elsewhere = FreePort.find();
      try (Child second = startApi(elsewhere, AMONG_OTHERS)) {
        port = elsewhere;
        subscribers.connect(others);
        comeBack(what + ", another replica serves", first, second, report);
        try (Child third = startApi(elsewhere, AMONG_OTHERS)) {
          comeBack(what + ", another takes its port", second, third, report);
          report.add(what + ", events not received after all", sum(Watched::missing), "");
          report.add(what + ", steps backwards", sum(Watched::backwards), "");
          report.add(what + ", resident memory of the API", (double) third.residentMib(), "MiB");
          watched.forEach(one -> one.comesBack(null));
        }
      }
    }
  }

  private void comeBack(String what, Child gone, Child next, Figures report)
      throws IOException, InterruptedException, ExecutionException, TimeoutException {
    watched.forEach(one -> one.comesBack(subscribers.returning()));
    double before = next.cpuSeconds();
    long told = System.nanoTime();
    gone.tell();
    comeBack(what, told, report);
    report.add(
        what + ": processor time of the API that takes them", next.cpuSeconds() - before, "s");
    gone.end();
    subscribers.round(watched);
  }

  private Child restart(Child only, String what, Figures report)
      throws IOException, InterruptedException, ExecutionException, TimeoutException {
    watched.forEach(one -> one.comesBack(subscribers.returning()));
    long told = System.nanoTime();
    only.end();
    long gone = System.nanoTime();
    Child again = api(port, 0, AMONG_OTHERS);
    String restarted = what + ", the only process restarted";
    long back = comeBack(restarted, told, report);
    report.add(
        restarted + ": processor time of the API, its start with it", again.cpuSeconds(), "s");
    report.add(restarted + ": SIGTERM to its end", (gone - told) / 1e9, "s");
    report.add(restarted + ": its end to the last first frame", (back - gone) / 1e9, "s");
    subscribers.round(watched);
    return again;
  }

  /** Waits until everyone is back, and reports how long they were away; when the last came. */
  private long comeBack(String what, long told, Figures report) throws InterruptedException {
    Subscribers.until(
        "everyone is back", () -> watched.stream().allMatch(one -> one.backSince(told)));
    report.add(what + ": closed with 1001", sum(one -> one.closeCode() == GOING_AWAY ? 1 : 0), "");
    List<Long> away =
        watched.stream().map(one -> one.backAtNanos() - one.closedAtNanos()).sorted().toList();
    for (double share : new double[] {0.5, 0.99, 1}) {
      String which = share == 1 ? "max" : "p%.0f".formatted(share * 100);
      int at = (int) Math.min(away.size() - 1, away.size() * share);
      report.add(what + ": closed to first frame, " + which, away.get(at) / 1e9, "s");
    }
    long last = watched.stream().mapToLong(Watched::backAtNanos).max().orElse(told);
    report.add(what + ": SIGTERM to the last first frame", (last - told) / 1e9, "s");
    report.add(what + ": attempts that were refused", sum(Watched::refused), "");
    return last;
  }

  /** As its users start it, alone or with others to go to. */
  private Child api(int on, int management, Map<String, String> company) throws IOException {
    Map<String, String> all = new HashMap<>(environment);
    all.putAll(company);
    all.put("HOLDFAST_PORT", Integer.toString(on));
    all.put("HOLDFAST_MANAGEMENT_PORT", Integer.toString(management));
    return Child.launch(all, log, "api");
  }

  /** Starts it and waits until it is ready, whoever else listens on that port. */
  private Child startApi(int on, Map<String, String> company)
      throws IOException, InterruptedException {
    int management = FreePort.find();
    Child api = api(on, management, company);
    Stack.await("the API", api, () -> ready(new Api(management)));
    return api;
  }

  private static boolean ready(Api management) throws InterruptedException {
    try {
      return management.get("/readyz").getString("status").equals("ready");
    } catch (IOException e) {
      return false;
    }
  }

  private double latency(double share) {
    List<Long> sorted = watched.stream().flatMap(one -> one.latencies().stream()).sorted().toList();
    return sorted.get((int) Math.min(sorted.size() - 1, sorted.size() * share)) / 1e6;
  }

  private double sum(ToDoubleFunction<Watched> figure) {
    return watched.stream().mapToDouble(figure).sum();
  }

  @Override
  public void close() {
    subscribers.close();
  }
}
