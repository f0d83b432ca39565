package dev.holdfast.djl;

import ai.djl.Device;
import dev.holdfast.worker.InferenceEngine.ModelLoadException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** Finds the devices that a model's {@code device} setting means. */
final class Devices {

  private static final Pattern ONE_GPU = Pattern.compile("gpu:(\\d{1,4})");

  private Devices() {}

  /**
   * @param gpus how many the engine sees
   * @return the CPU alone, or one or more GPUs
   */
  static List<Device> select(String wanted, int gpus) throws ModelLoadException {
    return switch (wanted) {
      case "cpu" -> List.of(Device.cpu());
      case "auto" -> gpus == 0 ? List.of(Device.cpu()) : allOf(gpus);
      case "gpu" -> {
        if (gpus == 0) {
          throw new ModelLoadException("device gpu: the PyTorch engine sees no GPU");
        }
        yield allOf(gpus);
      }
      default -> List.of(one(wanted, gpus));
    };
  }

  private static Device one(String wanted, int gpus) throws ModelLoadException {
    Matcher matcher = ONE_GPU.matcher(wanted);
    if (!matcher.matches()) {
      throw new ModelLoadException(
          "device " + wanted + ": allowed are auto, cpu, gpu and gpu:N, with N from 0");
    }
    int index = Integer.parseInt(matcher.group(1));
    if (index >= gpus) {
      throw new ModelLoadException(
          "device %s: the PyTorch engine sees %d GPUs, counted from 0".formatted(wanted, gpus));
    }
    return Device.gpu(index);
  }

  private static List<Device> allOf(int gpus) {
    return IntStream.range(0, gpus).mapToObj(Device::gpu).toList();
  }
}
