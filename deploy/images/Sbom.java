import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Set;
import java.util.stream.Stream;

/** Leaves in the build's bill of materials what an image has. */
final class Sbom {

  private Sbom() {}

  /** Takes the bill of the build, the image's libraries, and where to write the image's bill. */
  public static void main(String[] args) throws IOException {
    ObjectMapper json = new ObjectMapper();
    ObjectNode bill = (ObjectNode) json.readTree(Path.of(args[0]).toFile());
    Set<String> jars = new HashSet<>();
    try (Stream<Path> files = Files.list(Path.of(args[1]))) {
      files.forEach(file -> jars.add(file.getFileName().toString()));
    }
    Set<String> gone = new HashSet<>();
    Iterator<JsonNode> components = bill.withArray("components").iterator();
    while (components.hasNext()) {
      JsonNode component = components.next();
      String jar = component.path("name").asText() + "-" + component.path("version").asText();
      // of a library with a classifier only the label may have travelled
      if (jars.stream().noneMatch(file -> file.startsWith(jar) || file.startsWith(label(component)))) {
        gone.add(component.path("bom-ref").asText());
        components.remove();
      }
    }
    Iterator<JsonNode> dependencies = bill.withArray("dependencies").iterator();
    while (dependencies.hasNext()) {
      JsonNode dependency = dependencies.next();
      if (gone.contains(dependency.path("ref").asText())) {
        dependencies.remove();
      } else if (dependency.has("dependsOn")) {
        Iterator<JsonNode> on = ((ArrayNode) dependency.path("dependsOn")).iterator();
        while (on.hasNext()) {
          if (gone.contains(on.next().asText())) {
            on.remove();
          }
        }
      }
    }
    json.writerWithDefaultPrettyPrinter().writeValue(Path.of(args[2]).toFile(), bill);
    System.out.println(args[2] + ": " + bill.path("components").size() + " libraries");
  }

  private static String label(JsonNode component) {
    return component.path("name").asText() + "-label";
  }
}
