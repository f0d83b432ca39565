package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the build has left beside the jar, as the launcher uses it. */
class ClassArchiveIT {

  @TempDir Path directory;

  @Test
  void theLauncherFindsTheClassesOfTheApiRead() throws Exception {
    Path loaded = directory.resolve("loaded.txt");
    ProcessBuilder help =
        new ProcessBuilder(Path.of("holdfast").toAbsolutePath().toString(), "api", "--help");
    help.environment()
        .put("HOLDFAST_JAVA_OPTS", "-Xshare:auto -Xlog:class+load:file=" + loaded.getFileName());
    Process java = help.directory(directory.toFile()).inheritIO().start();
    java.getOutputStream().close();

    assertThat(java.waitFor()).isZero();

    boolean skipped = Boolean.getBoolean("holdfast.archive.skip");
    assertThat(Files.readAllLines(loaded))
        .anyMatch(
            line ->
                line.contains("dev.holdfast.Main source: ")
                    && (skipped || line.contains("shared objects file (top)")));
  }
}
