package dev.holdfast.tuning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.job.ModelSpec;
import dev.holdfast.job.ModelSpec.BatchLimits;
import dev.holdfast.job.ModelSpec.Choice;
import dev.holdfast.tuning.Tuned.Settings;
import dev.holdfast.world.ScriptedEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class TuningCacheTest {

  private static final TuningKey KEY = key("digest", EnumSet.allOf(Choice.class));
  private static final Settings FOUND =
      new Settings(3, new BatchLimits(16, 1_024, Duration.ofMillis(4)));

  @TempDir Path directory;

  private static TuningKey key(String digest, Set<Choice> open) {
    ModelSpec some = ScriptedEngine.spec(32, 512);
    ModelSpec declared =
        new ModelSpec(
            some.name(),
            some.location(),
            some.kind(),
            some.device(),
            some.batch(),
            some.lanes(),
            open,
            some.precision());
    return new TuningKey(digest, "4 processors", declared, 4);
  }

  private Optional<Settings> read(TuningKey key) {
    return new TuningCache(directory).read(key);
  }

  private static TuningCache.Turn turn(TuningCache cache, CountDownLatch stop) throws Exception {
    return cache.turn(Duration.ZERO, stop, () -> {});
  }

  private Path kept() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(f -> f.toString().endsWith(".json")).findFirst().orElseThrow();
    }
  }

  @Test
  void whatIsWrittenIsReadBackByTheSameKeyOnly() throws Exception {
    TuningCache cache = new TuningCache(directory.resolve("new"));
    assertThat(cache.read(KEY)).isEmpty();
    cache.write(KEY, FOUND);
    assertThat(cache.read(KEY)).contains(FOUND);
    assertThat(cache.read(key("other", EnumSet.allOf(Choice.class)))).isEmpty();
    assertThat(cache.read(key("digest", Set.of(Choice.ITEMS)))).isEmpty();
    try (Stream<Path> files = Files.list(directory.resolve("new"))) {
      assertThat(files).as("nothing half written is left").hasSize(1);
    }
  }

  @Test
  void aDeclaredDelayStaysAsItIs() {
    TuningKey key = key("digest", Set.of(Choice.ITEMS));
    TuningCache cache = new TuningCache(directory);
    cache.write(key, FOUND);
    assertThat(cache.read(key).orElseThrow().limits().delayMax())
        .isEqualTo(key.declared().batch().delayMax());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "null", "[]", "{\"key\": 3}", "nonsense", "{} {}"})
  void aDamagedFileIsAsGoodAsNone(String damaged) throws Exception {
    new TuningCache(directory).write(KEY, FOUND);
    Files.writeString(kept(), damaged);
    assertThat(read(KEY)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "'lanes\" : 3', 'lanes\" : 5'",
    "'lanes\" : 3', 'lanes\" : 0'",
    "'items\" : 16', 'items\" : 4097'",
    "'items\" : 16', 'items\" : 1.5'",
    "'tokens\" : 1024', 'tokens\" : 1e99'",
    "'tokens\" : 1024', 'tokens\" : \"many\"'",
    "'delayMillis\" : 4', 'delayMillis\" : 10001'",
    "'delayMillis\" : 4', 'delay\" : 4'",
    "4 processors, 8 processors"
  })
  void whatIsOutOfBoundsOrForeignIsAsGoodAsNone(String was, String is) throws Exception {
    new TuningCache(directory).write(KEY, FOUND);
    String text = Files.readString(kept());
    assertThat(text).contains(was);
    Files.writeString(kept(), text.replace(was, is));
    assertThat(read(KEY)).isEmpty();
  }

  @Test
  void aHugeFileIsNotRead() throws Exception {
    new TuningCache(directory).write(KEY, FOUND);
    Files.writeString(kept(), Files.readString(kept()) + " ".repeat(1 << 17));
    assertThat(read(KEY)).isEmpty();
  }

  @Test
  void theNextWriteReplacesWhatIsDamaged() throws Exception {
    TuningCache cache = new TuningCache(directory);
    cache.write(KEY, FOUND);
    Files.writeString(kept(), "nonsense");
    cache.write(KEY, FOUND);
    assertThat(read(KEY)).contains(FOUND);
  }

  @Test
  void aTurnEndsWhenItIsClosed() throws Exception {
    TuningCache cache = new TuningCache(directory);
    CountDownLatch stop = new CountDownLatch(1);
    try (TuningCache.Turn first = turn(cache, stop)) {
      assertThat(first.waited()).isFalse();
      stop.countDown();
      assertThatThrownBy(() -> turn(cache, stop)).isInstanceOf(CancellationException.class);
    }
    try (TuningCache.Turn next = turn(cache, stop)) {
      assertThat(next.waited()).isFalse();
    }
  }

  @Test
  void whereNothingCanBeKeptNobodyWaits() throws Exception {
    TuningCache cache = new TuningCache(Files.createFile(directory.resolve("file")));
    CountDownLatch stop = new CountDownLatch(1);
    try (TuningCache.Turn first = turn(cache, stop);
        TuningCache.Turn second = turn(cache, stop)) {
      assertThat(first.waited() || second.waited()).isFalse();
    }
    cache.write(KEY, FOUND);
    assertThat(cache.read(KEY)).isEmpty();
  }

  @Test
  void whoDiesWhileItMeasuresIsToldOfOnce() throws Exception {
    TuningCache cache = new TuningCache(directory);
    CountDownLatch stop = new CountDownLatch(1);
    try (TuningCache.Turn orderly = turn(cache, stop)) {
      assertThat(orderly.begins(KEY)).isTrue();
    }
    Path lock = directory.resolve("tuning.lock");
    assertThat(lock).isEmptyFile();
    Files.writeString(lock, KEY.fileName());
    try (TuningCache.Turn next = turn(cache, stop)) {
      assertThat(next.begins(KEY)).isFalse();
    }
    try (TuningCache.Turn later = turn(cache, stop)) {
      assertThat(later.begins(KEY)).isTrue();
      assertThat(lock).hasContent(KEY.fileName());
    }
    Files.writeString(lock, "x".repeat(1_000));
    try (TuningCache.Turn other = turn(cache, stop)) {
      assertThat(other.begins(KEY)).isTrue();
      assertThat(lock).hasContent(KEY.fileName());
    }
  }
}
