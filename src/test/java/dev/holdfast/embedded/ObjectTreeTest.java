package dev.holdfast.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ObjectTreeTest {

  /** Enough for each race between linking and deleting to be lost several times on two cores. */
  private static final int ROUNDS = 3_000;

  @TempDir private Path data;
  private final ExecutorService threads = Executors.newFixedThreadPool(2);

  private ObjectTree tree;

  @BeforeEach
  void open() throws IOException {
    tree = new ObjectTree(data);
  }

  @AfterEach
  void close() {
    threads.shutdownNow();
  }

  @Test
  void linksThroughDirectoriesThatComeAndGo() throws Exception {
    AtomicBoolean done = new AtomicBoolean();
    Future<?> deleting =
        threads.submit(
            () -> {
              while (!done.get()) {
                tree.walk(
                    "kept/",
                    null,
                    1_000,
                    (key, file) -> {
                      tree.delete(file);
                      return true;
                    });
              }
              return null;
            });
    Future<?> sweeping =
        threads.submit(
            () -> {
              while (!done.get()) {
                tree.delete(tree.file("kept/deep/er/none"));
              }
              return null;
            });
    try {
      for (int round = 0; round < ROUNDS; round++) {
        Path upload = Files.createFile(tree.newUpload("upload"));
        tree.link(upload, tree.file("kept/deep/er/" + round % 7 + "/of"));
        assertThat(upload).as("round %d", round).doesNotExist();
      }
    } finally {
      done.set(true);
    }
    deleting.get();
    sweeping.get();
  }
}
