package dev.holdfast.bench;

import dev.holdfast.Sentences;
import dev.holdfast.SystemClock;
import dev.holdfast.gcp.Gcp;
import dev.holdfast.gcp.PeerTexts;
import dev.holdfast.job.Precision;
import dev.holdfast.worker.WorkerOptions;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.Stream;

/**
 * The same texts, one a job, through Holdfast and through the peer that {@code bench/spring-peer}
 * holds: Spring Boot, Spring Cloud GCP and DJL. All workers are processes of their own on core 0,
 * each begins with a backlog, a loaded model and a round that does not count; the emulators have
 * core 1. Rounds take turns.
 *
 * <p>The peer is measured twice. As "peer" it shows what Holdfast shows of a job in as few calls as
 * that takes: a record that is being processed and then complete, an object with the row. As "peer,
 * one document" it does the least by which anybody sees a result. Neither knows events, leases,
 * fences, checkpoints, retries by budget or a queue that can be listed.
 *
 * <p>Where the processor has bf16, Holdfast is measured in that as well, which its configuration
 * turns on; the peer's documentation knows nothing of the kind.
 */
final class SpringPeer {

  private static final int ROUNDS = Integer.getInteger("bench.rounds", 3);
  private static final int NOOP_JOBS = Integer.getInteger("bench.peer.noop", 2_000);
  private static final int SENTENCES = Integer.getInteger("bench.peer.sentences", 1_000);
  private static final int WORKER_CORE = 0;
  private static final int EMULATOR_CORE = 1;
  private static final Path PEER = Path.of("bench", "spring-peer", "target");
  private static final String ANSWER = "peer: ";

  private final GoogleStack stack;
  private final PeerTexts texts;
  private final Path log;
  private final Report report;

  private SpringPeer(GoogleStack stack, PeerTexts texts, Path log, Report report) {
    this.stack = stack;
    this.texts = texts;
    this.log = log;
    this.report = report;
  }

  static void run(Path directory, Path log, Path model, Report report) throws Exception {
    if (!Files.isDirectory(PEER.resolve("lib"))) {
      System.out.println("no Spring peer, so nothing against it: make peer");
      return;
    }
    Optional<GoogleStack> google = GoogleStack.start(directory, log);
    if (google.isEmpty()) {
      return;
    }
    try (GoogleStack stack = google.get();
        PeerTexts texts = new PeerTexts(stack.options())) {
      stack.pin(EMULATOR_CORE);
      SpringPeer peer = new SpringPeer(stack, texts, log, report);
      peer.noop();
      peer.sentences(model.toAbsolutePath().toString());
    }
  }

  private interface Round {
    double seconds() throws IOException;
  }

  /** A process that has its turn in each round: jobs a second, and a second of processor time. */
  private record Contender(
      String name, Child child, Round round, List<Double> rates, List<Double> perCpuSecond) {

    Contender(String name, Child child, Round round) {
      this(name, child, round, new ArrayList<>(), new ArrayList<>());
    }

    void turn(int jobs, boolean counts) throws IOException {
      double cpu = child.cpuSeconds();
      double seconds = round.seconds();
      if (counts) {
        rates.add(jobs / seconds);
        perCpuSecond.add(jobs / (child.cpuSeconds() - cpu));
      }
    }
  }

  /** One of our workers. */
  private record Own(String name, Child child) {}

  private void noop() throws IOException {
    IntFunction<String> text = i -> "text " + i;
    try (Child ours = holdfast(GoogleWorker.NO_MODEL, Precision.FP32)) {
      List<Own> own = List.of(new Own("Holdfast", ours));
      compare("no-op jobs", NOOP_JOBS, GoogleWorker.NO_MODEL, own, List.of(), text);
    }
  }

  private void sentences(String model) throws IOException {
    List<Own> ours = new ArrayList<>();
    try (Child bare =
        Child.start(
            WORKER_CORE,
            Map.of(),
            log,
            Stack.WORKER_FLAGS,
            List.of(BareLoop.class.getName(), model))) {
      ours.add(new Own("Holdfast", holdfast(model, Precision.FP32)));
      if (computesBf16()) {
        ours.add(new Own("Holdfast in bf16", holdfast(model, Precision.BF16)));
      }
      bare.answer();
      List<Contender> alone =
          List.of(
              alone("the model alone, in batches", bare, BareLoop.BATCH_ITEMS_MAX),
              alone("the model alone, one text a forward call", bare, 1));
      compare("one-sentence jobs", SENTENCES, model, ours, alone, i -> Sentences.at(i));
    } finally {
      ours.forEach(own -> own.child.close());
    }
  }

  /** Tells how much of a ratio over the peer, which makes no batches, is theirs. */
  private static Contender alone(String name, Child bare, int batchMax) {
    String question = "0 %d %d".formatted(SENTENCES, batchMax);
    return new Contender(name, bare, () -> Double.parseDouble(bare.ask(question)));
  }

  /** Whether Holdfast would serve a model in bf16 here. */
  private static boolean computesBf16() throws IOException {
    String processors = Files.readString(Path.of("/proc/cpuinfo"));
    return processors.contains("amx_bf16") || processors.contains("avx512_bf16");
  }

  private void compare(
      String what,
      int jobs,
      String model,
      List<Own> ours,
      List<Contender> alone,
      IntFunction<String> text)
      throws IOException {
    SystemClock clock = new SystemClock();
    try (Child theirs = peer(model, "job");
        Child leanest = peer(model, "document");
        Gcp gcp = Gcp.open(stack.options(), WorkerOptions.HEARS)) {
      for (Own own : ours) {
        own.child.answer();
      }
      theirs.answerAfter(ANSWER);
      leanest.answerAfter(ANSWER);
      GoogleJobs backlog = new GoogleJobs(gcp, clock);
      List<Contender> own = new ArrayList<>();
      for (Own one : ours) {
        Round round =
            () -> {
              backlog.submit(GoogleWorker.name(model), jobs, text);
              return Double.parseDouble(one.child.ask(Integer.toString(jobs)));
            };
        own.add(new Contender(one.name, one.child, round));
      }
      List<Contender> peers =
          List.of(
              new Contender("Spring peer", theirs, () -> asked(theirs, jobs, text)),
              new Contender(
                  "Spring peer, one document", leanest, () -> asked(leanest, jobs, text)));
      List<Contender> all = Stream.of(own, peers, alone).flatMap(List::stream).toList();
      for (int round = 0; round <= ROUNDS; round++) {
        for (Contender one : all) {
          one.turn(jobs, round > 0);
        }
      }
      all.forEach(one -> report(what, one));
      own.forEach(one -> peers.forEach(peer -> report(what, one, peer)));
      if (!alone.isEmpty()) {
        report(what, alone.get(0), alone.get(1));
      }
    } finally {
      clock.close();
    }
  }

  private void report(String what, Contender one) {
    String name = what + ", " + one.name;
    report.add(name, one.rates, "jobs/s");
    report.add(name + ", per second of processor time", one.perCpuSecond, "jobs");
  }

  private void report(String what, Contender one, Contender other) {
    String over = what + ", " + one.name + " over " + other.name;
    report.add(over, ratios(one.rates, other.rates), "");
    report.add(
        over + ", per second of processor time", ratios(one.perCpuSecond, other.perCpuSecond), "");
  }

  private double asked(Child peer, int jobs, IntFunction<String> text) throws IOException {
    String subscription = texts.publish(jobs, text);
    peer.tell(subscription + " " + jobs);
    return Double.parseDouble(peer.answerAfter(ANSWER));
  }

  private static List<Double> ratios(List<Double> above, List<Double> below) {
    List<Double> ratios = new ArrayList<>();
    for (int i = 0; i < above.size(); i++) {
      ratios.add(above.get(i) / below.get(i));
    }
    return ratios;
  }

  private Child holdfast(String model, Precision precision) throws IOException {
    return Child.start(
        WORKER_CORE,
        stack.options().emulators(),
        log,
        Stack.WORKER_FLAGS,
        GoogleWorker.command(model, precision));
  }

  /** With Java's own settings, as {@code java -jar} would start it, but for the most of memory. */
  private Child peer(String model, String results) throws IOException {
    String classPath = PEER.resolve("classes") + File.pathSeparator + PEER.resolve("lib") + "/*";
    return Child.start(
        WORKER_CORE,
        Map.of(),
        log,
        List.of("-cp", classPath, "-Xmx512m"),
        List.of(
            "dev.holdfast.peer.PeerApplication",
            "--spring.cloud.gcp.project-id=" + stack.options().project(),
            "--spring.cloud.gcp.pubsub.emulator-host=" + stack.emulators().pubSub().host(),
            "--spring.cloud.gcp.firestore.emulator.enabled=true",
            "--spring.cloud.gcp.firestore.host-port=" + stack.emulators().firestore().host(),
            "--peer.storage=" + stack.options().storageEmulator().orElseThrow(),
            "--peer.bucket=" + stack.options().bucket(),
            "--peer.results=" + results,
            "--peer.model=" + model));
  }
}
