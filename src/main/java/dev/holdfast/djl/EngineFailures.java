package dev.holdfast.djl;

import dev.holdfast.worker.InferenceEngine.DeviceLostException;
import dev.holdfast.worker.InferenceEngine.InferenceException;
import dev.holdfast.worker.InferenceEngine.OutOfMemoryException;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Tells a bad batch from too little memory and from a lost device, by what PyTorch prints, since
 * DJL makes one exception of all of them.
 *
 * <p>The texts are PyTorch's own: {@code c10/cuda/CUDACachingAllocator.cpp} ("CUDA out of memory.
 * Tried to allocate"), {@code c10/cuda/CUDAException.cpp} ("CUDA error: " and what {@code
 * cudaGetErrorString} says), {@code aten/src/ATen/cuda/Exceptions.h} ("CUDA error: CUBLAS_STATUS_"
 * and "cuDNN error: "), {@code c10/core/impl/alloc_cpu.cpp} ("DefaultCPUAllocator: "). An error of
 * CUDA other than too little memory is taken for the device's end: most stay until the process
 * ends, and a fresh process is cheap.
 */
final class EngineFailures {

  /** TorchScript's interpreter and Python write the type before the reason. */
  private static final String BEGIN = "^(?:[\\w.]*(?:Error|Exception): )?";

  private static final List<Pattern> MEMORY =
      List.of(
          Pattern.compile(BEGIN + "(?:CUDA|HIP|XPU|MPS backend) out of memory\\b"),
          Pattern.compile(BEGIN + "(?:CUDA|HIP)(?: driver)? error: out of memory\\b"),
          // cuBLAS gets its workspace when its handle is made, and says so in two ways.
          Pattern.compile(BEGIN + "CUDA error: CUBLAS_STATUS_ALLOC_FAILED\\b"),
          Pattern.compile(
              BEGIN + "CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate"),
          Pattern.compile(BEGIN + "cuDNN error: CUDNN_STATUS_ALLOC_FAILED\\b"),
          Pattern.compile("DefaultCPUAllocator: (?:can't allocate memory|not enough memory)"),
          Pattern.compile(BEGIN + "std::bad_alloc\\b"));

  /** cuBLAS was called with what it does not take: the call's fault. */
  private static final Pattern CALL =
      Pattern.compile(
          BEGIN + "CUDA error: CUBLAS_STATUS_(?:INVALID_VALUE|NOT_SUPPORTED|ARCH_MISMATCH)\\b");

  private static final List<Pattern> DEVICE =
      List.of(
          Pattern.compile(BEGIN + "(?:CUDA|HIP)(?: driver)? error: "),
          Pattern.compile(BEGIN + "cuda runtime error \\("),
          Pattern.compile(BEGIN + "cuDNN error: CUDNN_STATUS_EXECUTION_FAILED\\b"));

  private EngineFailures() {}

  static InferenceException of(Throwable failure) {
    String reason = EngineMessages.reason(failure);
    String message = failure.getMessage();
    List<String> lines = message == null ? List.of() : message.lines().map(String::strip).toList();
    if (failure instanceof OutOfMemoryError || says(MEMORY, lines)) {
      return new OutOfMemoryException(reason, failure);
    }
    return says(DEVICE, lines) && !says(List.of(CALL), lines)
        ? new DeviceLostException(reason, failure)
        : new InferenceException(reason, failure);
  }

  private static boolean says(List<Pattern> patterns, List<String> lines) {
    return lines.stream()
        .anyMatch(line -> patterns.stream().anyMatch(pattern -> pattern.matcher(line).find()));
  }
}
