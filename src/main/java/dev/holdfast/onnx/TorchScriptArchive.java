package dev.holdfast.onnx;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A TorchScript module: tensors and the code of its methods. Not thread-safe.
 *
 * <p>The file is what {@code torch.jit.save} would write: a zip of stored entries, each starting at
 * a multiple of 64 bytes, with the tensors' bytes, a pickle of the module and its code as text. The
 * same content gives the same bytes on every machine.
 */
public final class TorchScriptArchive {

  /** The name of the module's class in its code: {@code self : __torch__.Model}. */
  public static final String CLASS = "Model";

  private static final String ROOT = "model/";

  /** The archive format's version: operators mean what they mean since PyTorch 2.0. */
  private static final String VERSION = "10\n";

  private static final int ALIGNMENT_BYTES = 64;
  private static final int LOCAL_HEADER_BYTES = 30;
  private static final int EXTRA_HEADER_BYTES = 4;

  /** The zip format's first day; any fixed one would do. */
  private static final LocalDateTime NO_TIME = LocalDateTime.of(1980, 1, 1, 0, 0);

  private final Map<String, Tensor> tensors = new LinkedHashMap<>();

  @SuppressWarnings("ArrayRecordComponent")
  private record Tensor(float[] values, long[] shape) {}

  /**
   * Adds a tensor that the code reads as {@code self.name}.
   *
   * @param values in row-major order; not copied, so leave them alone until the archive is written
   * @param shape the product of its dimensions is the number of values
   */
  public TorchScriptArchive tensor(String name, float[] values, long... shape) {
    if (elements(shape, 0) != values.length) {
      throw new IllegalArgumentException(name + ": " + values.length + " values do not fit");
    }
    tensors.put(name, new Tensor(values, shape.clone()));
    return this;
  }

  /**
   * Writes the archive in fp32.
   *
   * @param file is replaced if it exists
   * @param methods the methods of the class in TorchScript's serialised form, indented by two
   *     spaces; must define {@code forward}
   */
  public void write(Path file, String methods) throws IOException {
    write(file, methods, WeightType.FP32);
  }

  /**
   * @param type what all tensors become
   * @throws IOException if the file cannot be written, or a value does not fit into the type
   */
  public void write(Path file, String methods, WeightType type) throws IOException {
    try (OutputStream stream = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16);
        ZipOutputStream zip = new ZipOutputStream(stream)) {
      zip.setMethod(ZipOutputStream.STORED);
      long offset = entry(zip, 0, "data.pkl", pickle(type));
      offset =
          entry(zip, offset, "code/__torch__.py", code(methods).getBytes(StandardCharsets.UTF_8));
      int index = 0;
      for (Tensor tensor : tensors.values()) {
        offset = entry(zip, offset, "data/" + index++, type.encode(tensor.values));
      }
      offset = entry(zip, offset, "constants.pkl", new Pickle().emptyTuple().end());
      offset = entry(zip, offset, "byteorder", "little".getBytes(StandardCharsets.US_ASCII));
      entry(zip, offset, "version", VERSION.getBytes(StandardCharsets.US_ASCII));
    }
  }

  private String code(String methods) {
    StringBuilder code = new StringBuilder("class " + CLASS + "(Module):\n");
    code.append("  __parameters__ = []\n  __buffers__ = [");
    tensors.keySet().forEach(name -> code.append('"').append(name).append("\", "));
    code.append("]\n");
    tensors.keySet().forEach(name -> code.append("  ").append(name).append(" : Tensor\n"));
    return code.append("  training : bool\n").append(methods).toString();
  }

  /** The module as an object with one attribute a tensor; their bytes are entries of their own. */
  private byte[] pickle(WeightType type) {
    Pickle pickle = new Pickle().global("__torch__", CLASS).emptyTuple().newObject();
    pickle.emptyDictionary().mark();
    int index = 0;
    for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
      Tensor tensor = entry.getValue();
      pickle.string(entry.getKey()).global("torch._utils", "_rebuild_tensor_v2").mark();
      pickle.mark().string("storage").global("torch", type.storage());
      pickle.string(Integer.toString(index++)).string("cpu").number(tensor.values.length);
      pickle.tuple().persistentId().number(0);
      pickle.mark();
      for (long dimension : tensor.shape) {
        pickle.number((int) dimension);
      }
      pickle.tuple().mark();
      for (int i = 1; i <= tensor.shape.length; i++) {
        pickle.number((int) elements(tensor.shape, i));
      }
      pickle.tuple().falseValue();
      pickle.global("collections", "OrderedDict").emptyTuple().call().tuple().call();
    }
    pickle.string("training").falseValue();
    return pickle.setItems().build().end();
  }

  private static long elements(long[] shape, int from) {
    long elements = 1;
    for (int i = from; i < shape.length; i++) {
      elements = Math.multiplyExact(elements, shape[i]);
    }
    return elements;
  }

  /** Writes one entry and returns the offset of the next. */
  private static long entry(ZipOutputStream zip, long offset, String path, byte[] content)
      throws IOException {
    String name = ROOT + path;
    long header = (long) LOCAL_HEADER_BYTES + name.length() + EXTRA_HEADER_BYTES;
    int padding = (int) Math.floorMod(-(offset + header), (long) ALIGNMENT_BYTES);
    ByteBuffer extra =
        ByteBuffer.allocate(EXTRA_HEADER_BYTES + padding).order(ByteOrder.LITTLE_ENDIAN);
    extra.put((byte) 'F').put((byte) 'B').putShort((short) padding);
    CRC32 checksum = new CRC32();
    checksum.update(content);
    ZipEntry entry = new ZipEntry(name);
    entry.setSize(content.length);
    entry.setCompressedSize(content.length);
    entry.setCrc(checksum.getValue());
    entry.setExtra(extra.array());
    entry.setTimeLocal(NO_TIME);
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
    return offset + header + padding + content.length;
  }
}
