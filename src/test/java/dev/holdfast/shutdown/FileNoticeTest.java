package dev.holdfast.shutdown;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.shutdown.EvictionNotice.Notice;
import dev.holdfast.world.Waits;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileNoticeTest {

  private static final Duration BETWEEN = Duration.ofMillis(250);

  @TempDir Path directory;
  private Path file;
  private final Listening listening = new Listening();

  @BeforeEach
  void name() {
    file = directory.resolve("mount").resolve("evict");
  }

  @AfterEach
  void close() {
    listening.close();
  }

  private EvictionNotice watch() {
    EvictionNotice source = new EvictionNotices(listening.clockwork()).file(file);
    source.start(listening::hear);
    return source;
  }

  private void write(String text) throws Exception {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  @Test
  void itsAppearanceIsHeardOnceAndItsReturnAgain() throws Exception {
    watch();
    listening.waits.expect(BETWEEN);
    ScriptedTimers.Alarm wait = listening.waits.next();
    write("15\nnode-7 is going\n");
    wait.fire();
    assertThat(listening.nextNotice())
        .isEqualTo(
            new Notice("file", file + " is there", Optional.of(Duration.ofSeconds(15)), true));
    listening.waits.expect(BETWEEN);
    wait = listening.waits.next();
    assertThat(listening.heardNothing()).isTrue();

    Files.delete(file);
    wait.fire();
    wait = listening.waits.next();
    write("500ms");
    wait.fire();
    assertThat(listening.nextNotice().deadline()).contains(Duration.ofMillis(500));
  }

  @Test
  void whatIsThereAtTheStartCounts() throws Exception {
    write("2m");
    watch();
    assertThat(listening.nextNotice().deadline()).contains(Duration.ofMinutes(2));
  }

  @ParameterizedTest
  @ValueSource(strings = {"soon", "-5", "15 s", "1e3", "99999999999999999999", "\n15"})
  void anythingElseIsANoticeWithoutADeadline(String text) throws Exception {
    write(text);
    watch();
    listening.waits.expect(BETWEEN);
    assertThat(listening.nextNotice().deadline()).isEmpty();
  }

  @Test
  void anEmptyFileGetsOneMoreLook() throws Exception {
    write("");
    watch();
    ScriptedTimers.Alarm wait = listening.waits.next();
    assertThat(listening.heardNothing()).isTrue();
    write("20s");
    wait.fire();
    assertThat(listening.nextNotice().deadline()).contains(Duration.ofSeconds(20));
  }

  @Test
  void anEmptyFileIsANoticeAllTheSame() throws Exception {
    write("");
    watch();
    listening.waits.expect(BETWEEN);
    assertThat(listening.nextNotice().deadline()).isEmpty();
  }

  @Test
  void bytesThatAreNoTextAndTooManyAreJustNoDeadline() throws Exception {
    Files.createDirectories(file.getParent());
    byte[] bytes = new byte[4 * 1024 * 1024];
    Arrays.fill(bytes, (byte) 0xff);
    Files.write(file, bytes);
    watch();
    assertThat(listening.nextNotice().deadline()).isEmpty();
  }

  @Test
  void aDirectoryIsNotRead() throws Exception {
    Files.createDirectories(file);
    watch();
    listening.waits.expect(BETWEEN);
    assertThat(listening.nextNotice().deadline()).isEmpty();
  }

  @Test
  void nobodyLooksAfterTheClose() throws Exception {
    EvictionNotice source = watch();
    ScriptedTimers.Alarm wait = listening.waits.next();
    Listening.await(source.close());
    write("15");
    assertThat(wait.stopped()).isTrue();
    wait.fire();
    try (Listening other = new Listening()) {
      new EvictionNotices(other.clockwork()).file(file).start(other::hear);
      other.nextNotice();
    }
    assertThat(listening.waits.isEmpty()).isTrue();
    assertThat(listening.heardNothing()).isTrue();
  }

  @Test
  void aLookThatHangsIsGivenUpAndSilencesNoOtherSource() throws Exception {
    CountDownLatch dead = new CountDownLatch(1);
    FileProbe hanging =
        new FileProbe(
            listening.clockwork(),
            directory,
            path -> {
              Waits.until(dead);
              return Optional.of("7");
            });
    EvictionNotice stuck = new Watched(listening.clockwork(), List.of(hanging), hanging::close);
    stuck.start(listening::hear);
    ScriptedTimers.Alarm limit = listening.limits.next();
    assertThat(limit.delay()).isEqualTo(Duration.ofSeconds(5));

    write("15");
    watch();
    assertThat(listening.nextNotice().deadline()).contains(Duration.ofSeconds(15));
    listening.waits.expect(BETWEEN);
    ScriptedTimers.Alarm lively = listening.waits.next();
    limit.fire();
    listening.waits.expect(Duration.ofSeconds(1));
    listening.waits.expect(Duration.ofSeconds(2));
    ScriptedTimers.Alarm later = listening.waits.next();
    assertThat(later.delay()).as("it hangs still").isEqualTo(Duration.ofSeconds(4));

    dead.countDown();
    assertThat(lively.stopped()).isFalse();
    later.fire();
    while (listening.heardNothing()) {
      listening.waits.next().fire();
    }
    assertThat(listening.nextNotice().deadline()).contains(Duration.ofSeconds(7));
    Listening.await(stuck.close());
  }
}
