package dev.holdfast.djl;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachineTest {

  @TempDir Path directory;

  @Test
  void namesProcessorsOnce() throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("cpuinfo"),
            "processor\t: 0\nmodel name\t: Some CPU @ 2GHz\n\nprocessor\t: 1\nmodel name\t: Some"
                + " CPU @ 2GHz\n");
    assertThat(Machine.processors(file)).isEqualTo("Some CPU @ 2GHz");
    Files.writeString(
        file, "processor\t: 0\nCPU implementer\t: 0x41\nCPU variant\t: 0x3\nCPU part\t: 0xd0c\n");
    assertThat(Machine.processors(file)).isEqualTo("0x41 0x3 0xd0c");
  }

  @Test
  void namesGpusAsTheDriverDoes() throws Exception {
    for (String bus : new String[] {"0000:00:04.0", "0000:00:05.0"}) {
      Path gpu = Files.createDirectories(directory.resolve("gpus").resolve(bus));
      Files.writeString(gpu.resolve("information"), "Model: \t\t NVIDIA L4\nIRQ: 10\n");
    }
    assertThat(Machine.gpus(directory.resolve("gpus"))).isEqualTo("NVIDIA L4");
  }

  @Test
  void whatTheMachineDoesNotTellIsUnknown() throws Exception {
    assertThat(Machine.gpus(directory.resolve("none"))).isEqualTo("unknown GPUs");
    assertThat(Machine.processors(directory.resolve("none"))).isEqualTo("unknown");
    assertThat(Machine.processors(Files.createFile(directory.resolve("empty"))))
        .isEqualTo("unknown");
  }
}
