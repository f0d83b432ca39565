package dev.holdfast.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import dev.holdfast.worker.InferenceEngine.ModelLoadException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DevicesTest {

  @Test
  void autoPrefersGpus() throws Exception {
    assertThat(Devices.select("auto", 0)).containsExactly(Device.cpu());
    assertThat(Devices.select("auto", 2)).containsExactly(Device.gpu(0), Device.gpu(1));
    assertThat(Devices.select("gpu", 2)).containsExactly(Device.gpu(0), Device.gpu(1));
    assertThat(Devices.select("gpu:1", 2)).containsExactly(Device.gpu(1));
    assertThat(Devices.select("cpu", 2)).containsExactly(Device.cpu());
  }

  @Test
  void saysThatThereIsNoSuchGpu() {
    assertThatThrownBy(() -> Devices.select("gpu", 0))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining("sees no GPU");
    assertThatThrownBy(() -> Devices.select("gpu:2", 2))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining("sees 2 GPUs, counted from 0");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "GPU", "gpu:", "gpu:-1", "gpu:99999", "cuda", "cpu:0"})
  void namesTheAllowedDevices(String wanted) {
    assertThatThrownBy(() -> Devices.select(wanted, 4))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining("allowed are auto, cpu, gpu and gpu:N");
  }
}
