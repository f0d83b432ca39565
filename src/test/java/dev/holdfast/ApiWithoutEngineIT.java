package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The API as its image has it: packaged, and with nothing of DJL or PyTorch beside it. */
class ApiWithoutEngineIT {

  private static final Pattern ADDRESS = Pattern.compile("the API is at (http://\\S+)");
  private static final int END_SECONDS_MAX = 20;

  @TempDir Path directory;

  private static boolean ofTheEngine(Path library) throws IOException {
    try (JarFile jar = new JarFile(library.toFile())) {
      return jar.stream()
          .anyMatch(
              entry ->
                  Stream.of("ai/djl/", "native/lib/", "jnilib/", "com/sun/jna/")
                      .anyMatch(entry.getName()::startsWith));
    }
  }

  private static String classpath() throws IOException {
    List<String> kept = new ArrayList<>(List.of("target/holdfast.jar"));
    int left = 0;
    try (Stream<Path> libraries = Files.list(Path.of("target/lib"))) {
      for (Path library : libraries.sorted().toList()) {
        if (ofTheEngine(library)) {
          left++;
        } else {
          kept.add(library.toString());
        }
      }
    }
    assertThat(left).as("libraries of the engine").isBetween(5, 12);
    return String.join(File.pathSeparator, kept);
  }

  private static String address(Process api) throws IOException {
    BufferedReader said =
        new BufferedReader(new InputStreamReader(api.getErrorStream(), StandardCharsets.UTF_8));
    StringBuilder all = new StringBuilder();
    for (String line = said.readLine(); line != null; line = said.readLine()) {
      all.append(line).append('\n');
      Matcher address = ADDRESS.matcher(line);
      if (address.find()) {
        return address.group(1);
      }
    }
    throw new AssertionError("the API ended:\n" + all);
  }

  @Test
  void theApiServesAndLeavesInGoodOrder() throws Exception {
    ProcessBuilder start =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin/java").toString(),
            "-Xmx256m",
            "-cp",
            classpath(),
            "dev.holdfast.Main",
            "api",
            "--port=0",
            "--management-port=0",
            "--data=" + directory.resolve("data"));
    Process api = start.start();
    try {
      String address = address(api);
      HttpClient http = HttpClient.newHttpClient();
      HttpResponse<String> submitted =
          http.send(
              HttpRequest.newBuilder(URI.create(address + "/v1/jobs"))
                  .header("Content-Type", "application/json")
                  .POST(
                      HttpRequest.BodyPublishers.ofString(
                          "{\"model\": \"all-MiniLM-L6-v2\", \"input\": {\"items\": [\"a\"]}}"))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(submitted.statusCode()).isEqualTo(202);
      api.destroy();
      assertThat(api.waitFor(END_SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
      assertThat(api.exitValue()).isZero();
    } finally {
      api.destroyForcibly();
    }
  }
}
