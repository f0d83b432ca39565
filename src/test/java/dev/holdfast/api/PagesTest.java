package dev.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The console's pages and files as the server answers for them. */
class PagesTest {

  private static final Path FILES = Path.of("src/main/resources/console");
  private static final Pattern REFERENCE =
      Pattern.compile("(?:href|src|from)\\s*=?\\s*[\"'](/console/|\\./)([\\w.-]+)[\"']");

  @TempDir static Path directory;
  static ApiFixture api;

  @BeforeAll
  static void start() throws Exception {
    api = new ApiFixture(directory);
  }

  @AfterAll
  static void stop() throws Exception {
    api.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/", "/docs", "/console/app.js", "/console/base.css", "/console/mark.svg"})
  void pagesAndFilesMayLoadNothingButTheirOwn(String path) throws Exception {
    Answer answer = api.get(path).is(200);

    assertThat(answer.header("Content-Security-Policy"))
        .contains("default-src 'none'")
        .contains("script-src 'self'")
        .contains("frame-ancestors 'none'")
        .doesNotContain("unsafe");
    assertThat(answer.header("X-Content-Type-Options")).isEqualTo("nosniff");
    assertThat(answer.header("Referrer-Policy")).isEqualTo("no-referrer");
    assertThat(answer.headers()).doesNotContainKey("access-control-allow-origin");
  }

  @Test
  void everyFileThatIsNamedIsServedWithItsType() throws Exception {
    assertThat(api.get("/").is(200).header("Content-Type")).isEqualTo("text/html; charset=utf-8");
    try (Stream<Path> files = Files.list(FILES)) {
      for (Path file : files.toList()) {
        String text = Files.readString(file);
        for (var match : REFERENCE.matcher(text).results().toList()) {
          String name = match.group(2);
          String type =
              name.endsWith(".js") ? "javascript" : name.endsWith(".css") ? "css" : "svg+xml";
          assertThat(api.get("/console/" + name).is(200).header("Content-Type"))
              .as("%s, named by %s", name, file)
              .contains(type);
        }
      }
    }
  }

  @Test
  void theListOfFilesIsWhole() throws Exception {
    List<String> listed = Files.readAllLines(FILES.resolve("files.txt"));
    try (Stream<Path> files = Files.list(FILES)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .filteredOn(name -> !name.matches("files.txt|.*\\.html"))
          .containsExactlyInAnyOrderElementsOf(listed);
    }
  }

  @Test
  void noPageNamesAnotherServerOrHoldsScriptOrStyleOfItsOwn() throws Exception {
    for (String page : List.of("/", "/docs")) {
      assertThat(api.get(page).is(200).body())
          .doesNotContainPattern("(?:src|href)=\"(?:https?:)?//")
          .doesNotContainPattern("<script>|<style|style=\"|\\son\\w+=\"");
    }
  }

  @Test
  void anUnchangedFileIsNotSentAgain() throws Exception {
    Answer first = api.get("/console/app.js").is(200);
    String etag = first.header("ETag");
    assertThat(first.header("Cache-Control")).isEqualTo("no-cache");

    assertThat(api.get("/console/app.js", "If-None-Match", etag).is(304).body()).isEmpty();
    api.get("/console/app.js", "If-None-Match", "\"other\", W/" + etag).is(304);
    api.get("/console/app.js", "If-None-Match", "\"other\"").is(200);
    assertThat(api.get("/").is(200).header("ETag")).isNotEqualTo(etag);
  }

  @Test
  void aHeadHasTheLengthAndNoBody() throws Exception {
    Answer head = api.send("HEAD", "/console/app.js", null).is(200);
    assertThat(head.body()).isEmpty();
    assertThat(head.header("Content-Length"))
        .isEqualTo(
            Integer.toString(
                Files.readString(FILES.resolve("app.js")).getBytes(StandardCharsets.UTF_8).length));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/console/",
        "/console/none.js",
        "/console/files.txt",
        "/console/index.html",
        "/console/../openapi.yaml/x",
        "/console/..%2f..%2flogback.xml",
        "/console/%2e%2e/%2e%2e/etc/passwd",
        "/console//etc/passwd"
      })
  void nothingElseIsThere(String path) throws Exception {
    Answer answer = api.get(path).is(404);
    assertThat(answer.header("Content-Type")).isEqualTo(Problems.MEDIA_TYPE);
  }

  @Test
  void pagesAreOnlyRead() throws Exception {
    Answer answer = api.post("/", "{}").is(405);
    assertThat(answer.header("Allow")).isEqualTo("GET, HEAD");
  }
}
