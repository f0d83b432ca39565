package dev.holdfast.djl;

import static dev.holdfast.djl.Engines.prepared;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.job.Item;
import dev.holdfast.job.ModelSpec.Kind;
import dev.holdfast.job.Tensor;
import dev.holdfast.worker.InferenceEngine.Lane;
import dev.holdfast.worker.InferenceEngine.LoadedModel;
import dev.holdfast.worker.InferenceEngine.OutOfMemoryException;
import dev.holdfast.worker.InferenceEngine.Prepared;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** PyTorch's own allocator says no, on the processor, as it would on a GPU. */
class RealShortageTest {

  @TempDir Path directory;

  private static Item item() {
    ByteBuffer data = ByteBuffer.allocate(Float.BYTES).asReadOnlyBuffer();
    return new Item.Tensors(
        null, List.of(new Tensor("x", Tensor.Datatype.FP32, List.of(1L), data)));
  }

  @Test
  void aBatchOfTwoAsksForAbsurdlyMuchAndOneOfOneDoesNot() throws Exception {
    TinyModels.write(
        directory,
        "x: Tensor",
        "Tensor",
        """
            extra = torch.mul(torch.sub(torch.size(x, 0), 1), 8000000000000)
            waste = torch.zeros([extra])
            return torch.add(x, torch.sum(waste))
        """);
    try (LoadedModel model = Engines.load(directory, Kind.TENSOR);
        Lane lane = model.openLane(0)) {
      List<Prepared> two = prepared(model, List.of(item(), item()));
      assertThatThrownBy(() -> lane.infer(two))
          .isInstanceOf(OutOfMemoryException.class)
          .hasMessageContaining("DefaultCPUAllocator: can't allocate memory");
      assertThat(lane.infer(two.subList(0, 1))).as("the lane stays usable").hasSize(1);
    }
  }
}
