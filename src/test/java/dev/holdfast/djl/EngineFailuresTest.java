package dev.holdfast.djl;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.EngineException;
import dev.holdfast.worker.InferenceEngine.DeviceLostException;
import dev.holdfast.worker.InferenceEngine.InferenceException;
import dev.holdfast.worker.InferenceEngine.OutOfMemoryException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What PyTorch 1.x and 2.x were seen to print, in issues and logs of their users. */
class EngineFailuresTest {

  private static InferenceException of(String message) {
    return EngineFailures.of(new EngineException(message));
  }

  private static String inInterpreter(String reason) {
    return """
        The following operation failed in the TorchScript interpreter.
        Traceback of TorchScript, serialized code (most recent call last):
          File "code/__torch__.py", line 4, in forward
            return torch.mul(x, y)
                   ~~~~~~~~~ <--- HERE
        RuntimeError: %s
        """
        .formatted(reason);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CUDA out of memory. Tried to allocate 344.00 MiB. GPU 0 has a total capacity of 139.81 GiB"
            + " of which 2.00 MiB is free.",
        "CUDA out of memory. Tried to allocate 512.00 MiB (GPU 0; 10.76 GiB total capacity; 9.10"
            + " GiB already allocated; 101.44 MiB free; 9.35 GiB reserved in total by PyTorch)",
        "CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported at some"
            + " other API call, so the stacktrace below might be incorrect.",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`",
        "HIP out of memory. Tried to allocate 76.00 MiB.",
        "[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate memory:"
            + " you tried to allocate 2359296 bytes. Error code 12 (Cannot allocate memory)",
        "[enforce fail at alloc_cpu.cpp:117] data. DefaultCPUAllocator: not enough memory: you"
            + " tried to allocate 911360 bytes."
      })
  void tooLittleMemory(String message) {
    assertThat(of(message)).isInstanceOf(OutOfMemoryException.class);
    assertThat(of(inInterpreter(message))).isInstanceOf(OutOfMemoryException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CUDA error: device-side assert triggered\nCUDA kernel errors might be asynchronously"
            + " reported at some other API call, so the stacktrace below might be incorrect.",
        "CUDA error: an illegal memory access was encountered",
        "CUDA error: unspecified launch failure",
        "CUDA error: uncorrectable ECC error encountered",
        "CUDA error: the launch timed out and was terminated",
        "CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm( handle)`",
        "CUDA driver error: invalid device context",
        "cuda runtime error (59) : device-side assert triggered at"
            + " /pytorch/torch/lib/THC/generic/THCTensorCopy.c:18"
      })
  void aLostDevice(String message) {
    assertThat(of(message)).isInstanceOf(DeviceLostException.class);
    assertThat(of(inInterpreter(message))).isInstanceOf(DeviceLostException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)",
        "index out of range in self",
        "the model says: a CUDA error: would look like this",
        "CUDA error: CUBLAS_STATUS_INVALID_VALUE when calling `cublasGemmEx( handle)`"
      })
  void aBadBatch(String message) {
    assertThat(of(message)).isExactlyInstanceOf(InferenceException.class);
    assertThat(of(inInterpreter(message))).isExactlyInstanceOf(InferenceException.class);
  }

  @Test
  void javasOwnMemoryIsMemoryToo() {
    assertThat(
            EngineFailures.of(
                new OutOfMemoryError(
                    "Cannot reserve 1073741824 bytes of direct buffer memory (allocated: 8192,"
                        + " limit: 268435456)")))
        .isInstanceOf(OutOfMemoryException.class);
  }
}
