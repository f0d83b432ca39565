package dev.holdfast;

import dev.holdfast.client.ExitCode;
import dev.holdfast.client.Terminal;
import dev.holdfast.djl.DjlEngine;
import dev.holdfast.job.Item;
import dev.holdfast.job.ItemFormat;
import dev.holdfast.job.JobException;
import dev.holdfast.job.ModelSpec;
import dev.holdfast.job.ModelSpec.Choice;
import dev.holdfast.shutdown.ShutdownVerticle.Stage;
import dev.holdfast.tuning.LimitSearch;
import dev.holdfast.tuning.LimitSearch.Found;
import dev.holdfast.tuning.LimitSearch.Question;
import dev.holdfast.tuning.Sweep;
import dev.holdfast.worker.InferenceEngine.InferenceException;
import dev.holdfast.worker.InferenceEngine.LoadedModel;
import dev.holdfast.worker.InferenceEngine.ModelLoadException;
import dev.holdfast.worker.InferenceEngine.Prepared;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.IntSummaryStatistics;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What batch limits suit a model on this machine, and what its items cost there. */
@Command(
    name = "bench",
    description = {
      "Find the batch limits that suit a model on this machine. Measures the model alone, without",
      "jobs, in batches of different sizes, and prints the smallest that are nearly as fast as the",
      "fastest. Takes what --time says, a few seconds to load, and as long as the last few batches",
      "need; Ctrl-C ends it after the batch at hand. Nothing else should run on the machine."
    },
    mixinStandardHelpOptions = true)
final class BenchCommand implements Callable<Integer> {

  /** Items that are measured with, again and again. */
  private static final int ITEMS_MAX = 2_048;

  /** What is read of a file, in characters of its lines: a fraction of the heap. */
  private static final long CHARS_MAX = 16L << 20;

  private static final Duration TIME_MIN = Duration.ofSeconds(1);
  private static final Duration TIME_MAX = Duration.ofHours(1);

  /** For a batch that is being inferred when somebody wants this to end. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  @Option(names = "--model", required = true, paramLabel = "NAME", description = "The model")
  String model;

  @Option(names = "--models", paramLabel = "FILE", description = "HOLDFAST_MODELS: the models")
  @Nullable String models;

  @Option(
      names = "--file",
      paramLabel = "FILE",
      description = "A JSONL file of items like yours; without it English sentences")
  @Nullable Path file;

  @Option(
      names = "--time",
      paramLabel = "TIME",
      defaultValue = "60s",
      description = "How long to measure, 1s to 1h (${DEFAULT-VALUE})")
  String time;

  @Option(
      names = "--price-per-hour",
      paramLabel = "P",
      description = "HOLDFAST_PRICE_PER_HOUR: what this machine costs an hour, in any currency")
  @Nullable String price;

  @Option(names = "--json", description = "End with one line of JSON")
  boolean json;

  private final Terminal terminal;

  BenchCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws ConfigException, InterruptedException {
    Duration budget =
        DurationText.parse(time)
            .filter(t -> t.compareTo(TIME_MIN) >= 0 && t.compareTo(TIME_MAX) <= 0)
            .orElseThrow(() -> wrong("--time %s must be from 1s to 1h, such as 60s", time));
    Config config = config();
    ModelSpec spec = spec(ModelsFile.read(config.models()));
    List<Item> items = items(spec);
    BenchReport report =
        new BenchReport(terminal, config.models(), config.telemetry().pricePerHour());
    WayOut wayOut = new WayOut(PATIENCE, code -> System.exit(ExitCode.JOB_CANCELLED)).hearSignals();
    try (LoadedModel loaded = new DjlEngine().load(spec)) {
      measure(loaded, items, budget, report, wayOut);
      return ExitCode.OK;
    } catch (CancellationException e) {
      terminal.err().println("holdfast: stopped before there was anything to suggest");
      return ExitCode.JOB_CANCELLED;
    } catch (ModelLoadException | InferenceException e) {
      throw wrong("%s", e.getMessage());
    } finally {
      wayOut.vertx().close();
    }
  }

  private Config config() throws ConfigException {
    Map<String, String> values = new HashMap<>(terminal.environment());
    if (models != null) {
      values.put(Setting.MODELS.key(), models);
    }
    if (price != null) {
      values.put(Setting.PRICE_PER_HOUR.key(), price);
    }
    return Config.read(values, Config.Role.API);
  }

  private ModelSpec spec(List<ModelSpec> declared) throws ConfigException {
    return declared.stream()
        .filter(spec -> spec.name().equals(model))
        .findFirst()
        .orElseThrow(
            () ->
                wrong(
                    "--model %s must be one of %s",
                    model, declared.stream().map(ModelSpec::name).sorted().toList()));
  }

  private List<Item> items(ModelSpec spec) throws ConfigException {
    if (file != null) {
      return read(file, spec.kind());
    }
    return switch (spec.kind()) {
      case TEXT_EMBEDDING ->
          LongStream.range(0, ITEMS_MAX)
              .<Item>mapToObj(i -> new Item.Text(null, Sentences.at(i)))
              .toList();
      case TENSOR ->
          throw wrong("%s takes tensors, which only you know: give some with --file", spec.name());
    };
  }

  private static List<Item> read(Path file, ModelSpec.Kind kind) throws ConfigException {
    List<Item> items = new ArrayList<>();
    int number = 0;
    long chars = 0;
    try (BufferedReader lines = Files.newBufferedReader(file)) {
      for (String line = lines.readLine();
          line != null && items.size() < ITEMS_MAX && chars < CHARS_MAX;
          line = lines.readLine()) {
        number++;
        chars += line.length();
        if (!line.isBlank()) {
          items.add(ItemFormat.parse(kind, line));
        }
      }
    } catch (JobException e) {
      throw wrong("%s:%d: %s", file, number, e.explanation());
    } catch (IOException e) {
      throw wrong("%s cannot be read: %s", file, e);
    }
    if (items.isEmpty()) {
      throw wrong("%s has no items", file);
    }
    return items;
  }

  private void measure(
      LoadedModel loaded, List<Item> items, Duration budget, BenchReport report, WayOut wayOut)
      throws ConfigException, InferenceException, InterruptedException {
    long from = System.nanoTime();
    List<Prepared> prepared =
        loaded.prepare(items).stream()
            .filter(Prepared.class::isInstance)
            .map(Prepared.class::cast)
            .toList();
    double preparedPerSecond = items.size() * 1e9 / (System.nanoTime() - from);
    if (prepared.isEmpty()) {
      throw wrong("%s takes none of the items", model);
    }
    IntSummaryStatistics tokens = prepared.stream().mapToInt(Prepared::tokens).summaryStatistics();
    report.begins(loaded, tokens, items.size(), preparedPerSecond);
    try (Sweep sweep = new Sweep(loaded, prepared, budget.dividedBy(LimitSearch.POINTS_USUAL))) {
      wayOut.open(
          List.of(new Stage(WayOut.closing("the measurement", () -> sweep.stop(PATIENCE)), 1)));
      long begun = System.nanoTime();
      LimitSearch search =
          new LimitSearch(
              sweep::measure,
              () -> (double) (System.nanoTime() - begun) / budget.toNanos(),
              report::measured);
      int usual = Math.max(1, (int) tokens.getAverage());
      Found found =
          search.find(
              new Question(
                  loaded.lanes(),
                  loaded.hardware().devices(),
                  usual,
                  loaded.spec().batch(),
                  EnumSet.allOf(Choice.class)));
      if (wayOut.leaving()) {
        throw new CancellationException("the process is ending");
      }
      if (found.suggested().itemsPerSecond() == 0) {
        throw wrong("%s: not even its smallest batch fits into the device's memory", model);
      }
      report.ends(loaded, found);
      if (json) {
        report.json(loaded.spec(), found);
      }
    }
  }

  @SuppressWarnings("AnnotateFormatMethod") // the annotation is in no library that ships
  private static ConfigException wrong(String message, Object... values) {
    return new ConfigException(List.of(String.format(Locale.ROOT, message, values)));
  }
}
