package dev.holdfast.djl;

import ai.djl.Device;
import ai.djl.util.cuda.CudaUtils;
import dev.holdfast.job.ModelSpec;
import dev.holdfast.job.Precision;
import dev.holdfast.worker.InferenceEngine.Lane;
import dev.holdfast.worker.InferenceEngine.ModelLoadException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads models that compute in fewer bits than fp32, where that is faster and changes nothing.
 *
 * <p>DJL's native library neither casts a module nor has PyTorch's autocast, so the model must
 * bring an archive in that precision.
 */
final class ReducedPrecision {

  private static final Logger LOG = LoggerFactory.getLogger(ReducedPrecision.class);

  private static final Path CPUINFO = Path.of("/proc/cpuinfo");

  /** NVIDIA's Ampere is the first that multiplies bf16, Volta the first with tensor cores. */
  private static final int CAPABILITY_BF16 = 80;

  private static final int CAPABILITY_FP16 = 70;

  private static final List<String> CPU_BF16 = List.of("amx_bf16", "avx512_bf16");
  private static final List<String> CPU_FP16 = List.of("amx_fp16");

  private final Path cpuinfo;
  private final Function<Device, OptionalInt> capability;

  /**
   * @param cpuinfo what Linux tells of the processors, as in {@code /proc/cpuinfo}
   * @param capability a GPU's compute capability, tenfold; empty if it cannot be told
   */
  ReducedPrecision(Path cpuinfo, Function<Device, OptionalInt> capability) {
    this.cpuinfo = cpuinfo;
    this.capability = capability;
  }

  static ReducedPrecision ofThisMachine() {
    return new ReducedPrecision(CPUINFO, ReducedPrecision::capability);
  }

  private static OptionalInt capability(Device gpu) {
    try {
      return OptionalInt.of(Integer.parseInt(CudaUtils.getComputeCapability(gpu.getDeviceId())));
    } catch (RuntimeException | LinkageError e) {
      LOG.warn("{}: its compute capability cannot be told: {}", gpu, EngineMessages.reason(e));
      return OptionalInt.empty();
    }
  }

  /**
   * Loads the archive in the model's precision and holds it to the fp32 one, which is in memory
   * alone and before it: the peak is that of the larger archive, not of both.
   *
   * @param directory as for fp32
   * @param task is closed with the model; if this method throws, it stays open
   * @throws ModelLoadException if a device is not made for this precision, or the answers differ
   */
  DjlModel load(ModelSpec spec, ModelDirectory directory, Task task, List<Device> devices)
      throws ModelLoadException {
    Precision precision = spec.precision();
    String name = precision.wireName();
    if (task.yardstick().isEmpty()) {
      throw new ModelLoadException(
          "precision %s: a %s model does not say which inputs it takes, so it cannot be compared with fp32; leave precision out and let its own code cast"
              .formatted(name, spec.kind().wireName()));
    }
    for (Device device : devices) {
      require(precision, device);
    }
    ModelDirectory reduced = directory.reduced(precision);
    Parity parity = Parity.with(directory.archive(), devices.get(0), task, spec.batch());
    DjlModel model = DjlModel.load(spec, reduced, task, devices);
    try {
      for (int i = 0; i < devices.size(); i++) {
        try (Lane lane = model.openLane(i)) {
          double worst = parity.check(reduced.archive(), lane);
          LOG.info(
              "{} on {}: the worst cosine similarity to fp32 is {} over {} texts",
              reduced.archive(),
              devices.get(i),
              String.format(Locale.ROOT, "%.6f", worst),
              parity.texts());
        }
      }
      return model;
    } catch (ModelLoadException | RuntimeException e) {
      model.free();
      throw e;
    }
  }

  /**
   * @throws ModelLoadException if the device is not made for this precision
   */
  void require(Precision precision, Device device) throws ModelLoadException {
    if (device.isGpu()) {
      requireOfGpu(precision, device);
    } else {
      requireOfCpu(precision);
    }
  }

  private void requireOfGpu(Precision precision, Device device) throws ModelLoadException {
    int needed = precision == Precision.BF16 ? CAPABILITY_BF16 : CAPABILITY_FP16;
    OptionalInt found = capability.apply(device);
    if (found.isPresent() && found.getAsInt() < needed) {
      throw new ModelLoadException(
          "precision %s needs a GPU of compute capability %s or newer; %s has %s"
              .formatted(precision.wireName(), version(needed), device, version(found.getAsInt())));
    }
  }

  private static String version(int tenfold) {
    return tenfold / 10 + "." + tenfold % 10;
  }

  /**
   * Only with instructions for it. bf16 was faster than fp32 with AMX on one machine and with
   * AVX512_BF16 on another; with less, both were far slower.
   */
  private void requireOfCpu(Precision precision) throws ModelLoadException {
    List<String> needed = precision == Precision.BF16 ? CPU_BF16 : CPU_FP16;
    if (Collections.disjoint(flags(), needed)) {
      throw new ModelLoadException(
          "precision %s on a CPU needs one with %s, which %s does not list: others are slower with it than in fp32; leave precision out for this machine"
              .formatted(precision.wireName(), String.join(" or ", needed), cpuinfo));
    }
  }

  /** What the first processor can do; empty if the system does not say. */
  private List<String> flags() {
    try {
      return Files.readString(cpuinfo, StandardCharsets.ISO_8859_1)
          .lines()
          .filter(line -> line.startsWith("flags"))
          .findFirst()
          .map(line -> Arrays.asList(line.split("\\s+")))
          .orElse(List.of());
    } catch (IOException e) {
      return List.of();
    }
  }
}
