package dev.holdfast.djl;

import dev.holdfast.onnx.TorchScriptArchive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes small model directories of the tensor kind, for tests that need a real engine. */
public final class TinyModels {

  private TinyModels() {}

  /** One input x of any shape and any number type; one output, 2x. */
  public static Path doubling(Path directory) throws IOException {
    return write(directory, "x: Tensor", "Tensor", "    return torch.mul(x, 2)\n");
  }

  /** Like {@link #doubling}, but a call with a negative element fails with "negative element". */
  public static Path refusingNegatives(Path directory) throws IOException {
    return write(
        directory,
        "x: Tensor",
        "Tensor",
        """
            if torch.Bool(torch.any(torch.lt(x, 0))):
              ops.prim.RaiseException("negative element")
            else:
              pass
            return torch.mul(x, 2)
        """);
  }

  /** One input x; one output without dimensions, the sum of its elements. */
  public static Path summing(Path directory) throws IOException {
    return write(directory, "x: Tensor", "Tensor", "    return torch.sum(x)\n");
  }

  /**
   * Writes {@code model.pt} with one method.
   *
   * @param inputs such as {@code x: Tensor, y: Tensor}
   * @param output the type of the answer
   * @param body TorchScript lines, indented by four spaces
   * @return the directory
   */
  public static Path write(Path directory, String inputs, String output, String body)
      throws IOException {
    Files.createDirectories(directory);
    String head = "  def forward(self: __torch__.Model,\n    " + inputs + ") -> " + output + ":\n";
    new TorchScriptArchive().write(directory.resolve("model.pt"), head + body);
    return directory;
  }
}
