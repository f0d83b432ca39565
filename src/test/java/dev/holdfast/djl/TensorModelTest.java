package dev.holdfast.djl;

import static dev.holdfast.djl.Engines.prepared;
import static dev.holdfast.djl.Engines.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.job.Item;
import dev.holdfast.job.JobError;
import dev.holdfast.job.ModelSpec.Kind;
import dev.holdfast.job.Tensor;
import dev.holdfast.job.Tensor.Datatype;
import dev.holdfast.worker.InferenceEngine.InferenceException;
import dev.holdfast.worker.InferenceEngine.Lane;
import dev.holdfast.worker.InferenceEngine.LoadedModel;
import dev.holdfast.worker.InferenceEngine.Preparation;
import dev.holdfast.worker.InferenceEngine.Prepared;
import dev.holdfast.worker.InferenceEngine.Rejected;
import dev.holdfast.worker.InferenceEngine.Row;
import dev.holdfast.worker.InferenceEngine.Tensors;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Tensor models, each a real archive that is written here. */
class TensorModelTest {

  @TempDir Path directory;

  private LoadedModel load(String inputs, String output, String body) throws Exception {
    return Engines.load(TinyModels.write(directory, inputs, output, body), Kind.TENSOR);
  }

  private static Tensor fp32(String name, List<Long> shape, float... values) {
    ByteBuffer data = ByteBuffer.allocate(values.length * Float.BYTES);
    data.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(values);
    return new Tensor(name, Datatype.FP32, shape, data.asReadOnlyBuffer());
  }

  private static Item item(Tensor... inputs) {
    return new Item.Tensors(null, List.of(inputs));
  }

  private static Tensor output(Row row, int index) {
    return ((Tensors) row).outputs().get(index);
  }

  private static float[] floats(Tensor tensor) {
    assertThat(tensor.datatype()).isEqualTo(Datatype.FP32);
    assertThat(tensor.data().isReadOnly()).isTrue();
    assertThat(tensor.data().order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
    float[] values = new float[(int) tensor.elements()];
    tensor.data().duplicate().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    assertThat(tensor.data().remaining()).isEqualTo(values.length * Float.BYTES);
    return values;
  }

  @Test
  void cutsTheOutputOfABatchBackIntoItsItems() throws Exception {
    try (LoadedModel model =
        load("x: Tensor", "Tensor", "    return torch.add(torch.mul(x, 2), 1)\n")) {
      List<Row> rows =
          rows(
              model,
              List.of(
                  item(fp32("x", List.of(1L, 2L), 1, 2)),
                  item(fp32("x", List.of(2L, 2L), 3, 4, 5, 6)),
                  item(fp32("x", List.of(0L, 2L))),
                  item(fp32("x", List.of(1L, 2L), 7, 8))));
      assertThat(floats(output(rows.get(0), 0))).containsExactly(3, 5);
      assertThat(floats(output(rows.get(1), 0))).containsExactly(7, 9, 11, 13);
      assertThat(floats(output(rows.get(2), 0))).isEmpty();
      assertThat(floats(output(rows.get(3), 0))).containsExactly(15, 17);
      assertThat(output(rows.get(1), 0).shape()).containsExactly(2L, 2L);
      assertThat(output(rows.get(1), 0).name()).isEqualTo("output_0");
    }
  }

  @Test
  void passesInputsInTheirOrderAndNamesTheOutputsOfATuple() throws Exception {
    Files.writeString(directory.resolve("serving.properties"), "outputs=difference, product\n");
    try (LoadedModel model =
        load(
            "a: Tensor, b: Tensor",
            "Tuple[Tensor, Tensor]",
            "    return (torch.sub(a, b), torch.mul(a, b))\n")) {
      List<Row> rows =
          rows(
              model,
              List.of(
                  item(fp32("b", List.of(1L), 7), fp32("a.c[]", List.of(1L), 2)),
                  item(fp32("b", List.of(1L), 9), fp32("a.c[]", List.of(1L), 3))));
      assertThat(output(rows.get(1), 0).name()).isEqualTo("difference");
      assertThat(output(rows.get(1), 1).name()).isEqualTo("product");
      assertThat(floats(output(rows.get(0), 0))).containsExactly(5);
      assertThat(floats(output(rows.get(1), 1))).containsExactly(27);
    }
  }

  @Test
  void usesTheNamesOfADictionary() throws Exception {
    try (LoadedModel model =
        load(
            "x: Tensor",
            "Dict[str, Tensor]",
            "    return {\"same\": x, \"negative\": torch.neg(x)}\n")) {
      Row row = rows(model, List.of(item(fp32("x", List.of(1L), 4)))).get(0);
      assertThat(((Tensors) row).outputs())
          .extracting(Tensor::name)
          .containsExactly("negative", "same");
      assertThat(floats(output(row, 0))).containsExactly(-4);
    }
  }

  @Test
  void refusesTheWrongNumberOfOutputNames() throws Exception {
    Files.writeString(directory.resolve("serving.properties"), "outputs=a,b\n");
    try (LoadedModel model = load("x: Tensor", "Tensor", "    return x\n")) {
      assertThatThrownBy(() -> rows(model, List.of(item(fp32("x", List.of(1L), 4)))))
          .isInstanceOf(InferenceException.class)
          .hasMessage("the model gives 1 outputs; serving.properties names 2");
    }
  }

  @Test
  void aModelThatReducesTheBatchTakesOneItemAtATime() throws Exception {
    Item item = item(fp32("x", List.of(1L, 2L), 1, 2));
    try (LoadedModel model = Engines.load(TinyModels.summing(directory), Kind.TENSOR)) {
      Row alone = rows(model, List.of(item)).get(0);
      assertThat(output(alone, 0).shape()).isEmpty();
      assertThat(floats(output(alone, 0))).containsExactly(3);
      assertThatThrownBy(() -> rows(model, List.of(item, item)))
          .isInstanceOf(InferenceException.class)
          .hasMessageContaining("does not keep the batch dimension")
          .hasMessageContaining("batch.items: 1");
    }
  }

  @Test
  void onlyEqualSignaturesShareABatch() throws Exception {
    try (LoadedModel model = Engines.load(TinyModels.doubling(directory), Kind.TENSOR)) {
      List<Prepared> all =
          prepared(
              model,
              List.of(
                  item(fp32("x", List.of(1L, 3L), 1, 2, 3)),
                  item(fp32("x", List.of(2L, 3L), 1, 2, 3, 4, 5, 6)),
                  item(fp32("x", List.of(3L, 1L), 1, 2, 3)),
                  item(fp32("y", List.of(1L, 3L), 1, 2, 3)),
                  item(fp32("x", List.of(), 1)),
                  item(fp32("x", List.of(), 1)),
                  item(fp32("x", List.of(1L), 1), fp32("y", List.of(2L), 1, 2))));
      assertThat(all).extracting(Prepared::tokens).containsExactly(3, 6, 3, 3, 1, 1, 2);
      assertThat(all.get(0).signature()).isEqualTo(all.get(1).signature());
      assertThat(all.stream().map(Prepared::signature).distinct()).hasSize(6);
    }
  }

  @Test
  void aLaneOutlivesAFailedBatch() throws Exception {
    try (LoadedModel model = Engines.load(TinyModels.refusingNegatives(directory), Kind.TENSOR);
        Lane lane = model.openLane(0)) {
      List<Prepared> batch =
          prepared(
              model, List.of(item(fp32("x", List.of(1L), 1)), item(fp32("x", List.of(1L), -1))));
      for (int i = 0; i < 3; i++) {
        assertThatThrownBy(() -> lane.infer(batch))
            .isInstanceOf(InferenceException.class)
            .hasMessage("negative element");
        Row row = lane.infer(batch.subList(0, 1)).get(0);
        assertThat(floats(output(row, 0))).containsExactly(2);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      mode = Mode.EXCLUDE,
      names = {"INT16", "BF16"})
  void everySupportedTypeComesBackBitForBit(Datatype type) throws Exception {
    try (LoadedModel model = load("x: Tensor", "Tensor", "    return torch.t(x)\n")) {
      byte[] bytes = new byte[6 * type.bytes()];
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = (byte) (type == Datatype.BOOL ? i % 2 : i + 1);
      }
      Tensor input = new Tensor("x", type, List.of(2L, 3L), ByteBuffer.wrap(bytes));
      Tensor output = output(rows(model, List.of(item(input))).get(0), 0);
      assertThat(output.datatype()).isEqualTo(type);
      assertThat(output.shape()).containsExactly(3L, 2L);
      int size = type.bytes();
      for (int column = 0; column < 3; column++) {
        for (int row = 0; row < 2; row++) {
          byte[] found = new byte[size];
          output.data().get((column * 2 + row) * size, found);
          int at = (row * 3 + column) * size;
          assertThat(found).isEqualTo(Arrays.copyOfRange(bytes, at, at + size));
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"INT16", "BF16"})
  void refusesTypesThatWouldEndTheProcess(Datatype type) throws Exception {
    Tensor input = new Tensor("x", type, List.of(1L), ByteBuffer.allocate(2));
    try (LoadedModel model = Engines.load(TinyModels.doubling(directory), Kind.TENSOR)) {
      assertRejected(
          model,
          item(input),
          JobError.ITEM_INVALID,
          "input x: "
              + type
              + " is not supported; allowed: BOOL, UINT8, INT8, INT32, INT64, FP16, FP32, FP64");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"INT16", "BF16"})
  void saysThatSuchAnOutputCannotLeaveTheEngine(Datatype type) throws Exception {
    int torchType = type == Datatype.INT16 ? 2 : 15;
    try (LoadedModel model =
        load("x: Tensor", "Tensor", "    return torch.to(x, " + torchType + ")\n")) {
      assertThatThrownBy(() -> rows(model, List.of(item(fp32("x", List.of(1L), 4)))))
          .isInstanceOf(InferenceException.class)
          .hasMessageContaining("output output_0 has a type that cannot leave the engine");
    }
  }

  @Test
  void refusesWhatTheEngineWouldMisread() throws Exception {
    ByteBuffer four = ByteBuffer.allocate(4);
    ByteBuffer two = ByteBuffer.wrap(new byte[] {0, 2});
    try (LoadedModel model = Engines.load(TinyModels.doubling(directory), Kind.TENSOR)) {
      assertRejected(model, Engines.text("hello"), JobError.ITEM_WRONG_KIND, "takes tensors");
      assertRejected(model, item(), JobError.ITEM_INVALID, "no inputs");
      assertRejected(
          model,
          item(new Tensor("x", Datatype.FP32, List.of(2L), four)),
          JobError.ITEM_INVALID,
          "needs 8 bytes, but it has 4");
      assertRejected(
          model,
          item(new Tensor("x", Datatype.FP32, List.of(-1L), four)),
          JobError.ITEM_INVALID,
          "a dimension of -1");
      assertRejected(
          model,
          item(new Tensor("x", Datatype.FP32, List.of(Long.MAX_VALUE, 4L), four)),
          JobError.ITEM_TOO_LARGE,
          "is too large");
      assertRejected(
          model,
          item(new Tensor("x", Datatype.BOOL, List.of(2L), two)),
          JobError.ITEM_INVALID,
          "a BOOL is 0 or 1, not 2");
    }
  }

  private static void assertRejected(LoadedModel model, Item item, JobError error, String reason) {
    Preparation outcome = model.prepare(List.of(item)).get(0);
    assertThat(outcome).isInstanceOf(Rejected.class);
    assertThat(((Rejected) outcome).reason().error()).isEqualTo(error);
    assertThat(((Rejected) outcome).reason()).hasMessageContaining(reason);
  }
}
