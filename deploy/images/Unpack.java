import ai.djl.engine.Engine;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.IOException;
import java.nio.file.Path;

/** Loads PyTorch and a tokenizer, which unpacks their native libraries into DJL_CACHE_DIR. */
final class Unpack {

  private Unpack() {}

  public static void main(String[] args) throws IOException {
    Engine engine = Engine.getEngine("PyTorch");
    HuggingFaceTokenizer.newInstance(Path.of(args[0])).close();
    System.out.println(engine.getEngineName() + " " + engine.getVersion() + " is unpacked");
  }
}
