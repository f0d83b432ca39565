package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The house rules that no compiler knows, as a test. Each rule is shown a line that trips it. */
class TidyTest {

  private static final int FILE_LINES_MAX = 300;
  private static final int METHOD_LINES_MAX = 70;
  private static final int CONSTRUCTOR_PARAMETERS_MAX = 6;

  /**
   * @param banned what no line may hold
   * @param trips a line that holds it
   * @param exempt files for which the rule is not made, by the end of their path
   */
  private record Ban(Pattern banned, String trips, boolean testsToo, List<String> exempt) {}

  private static Map<String, Ban> bans() {
    Map<String, Ban> bans = new LinkedHashMap<>();
    ban(bans, "the clock is a port", "Instant\\.now\\(", "Instant.now()", "SystemClock.java");
    ban(
        bans,
        "the clock is a port, in millis too",
        "currentTimeMillis",
        "System.currentTimeMillis()");
    ban(bans, "chance is seeded or secure", "Math\\.random", "Math.random()");
    everywhere(bans, "nothing sleeps", "\\.sleep\\(", "Thread.sleep(1)");
    everywhere(bans, "nothing is put off", "TO" + "DO|FIX" + "ME|X" + "XX", "// TO" + "DO later");
    everywhere(bans, "no test is switched off", "@Dis" + "abled|@Ig" + "nore", "@Dis" + "abled");
    everywhere(
        bans,
        "nothing is left undone",
        "Unsupported" + "OperationException",
        "new Unsupported" + "OperationException()");
    everywhere(bans, "no wildcard imports", "^import .*\\*;", "import java.util.*;");
    ban(
        bans,
        "logs go through the logger",
        "printStackTrace|System\\.err\\.print",
        "e.printStackTrace()");
    ban(
        bans,
        "no drawers",
        "(class|interface|record|enum) \\w*(Impl|Manager|Util|Utils|Common|Helper)\\b",
        "class JobManager {");
    return bans;
  }

  private static void ban(
      Map<String, Ban> bans, String name, String banned, String trips, String... exempt) {
    bans.put(name, new Ban(Pattern.compile(banned), trips, false, List.of(exempt)));
  }

  private static void everywhere(Map<String, Ban> bans, String name, String banned, String trips) {
    bans.put(
        name,
        new Ban(
            Pattern.compile(banned),
            trips,
            true,
            List.of("/TidyTest.java", "/NoSkippedTestsTest.java")));
  }

  private record Source(Path path, List<String> lines) {
    boolean isTest() {
      return path.startsWith("src/test");
    }
  }

  private static List<Source> sources() {
    try (Stream<Path> files = Files.walk(Path.of("src"))) {
      return files.filter(f -> f.toString().endsWith(".java")).map(TidyTest::read).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Source read(Path file) {
    try {
      return new Source(file, Files.readAllLines(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @TestFactory
  Stream<DynamicTest> nothingBannedIsWritten() {
    List<Source> sources = sources();
    assertThat(sources).hasSizeGreaterThan(50);
    return bans().entrySet().stream()
        .map(
            rule ->
                DynamicTest.dynamicTest(
                    rule.getKey(),
                    () -> {
                      Ban ban = rule.getValue();
                      assertThat(ban.banned().matcher(ban.trips()).find())
                          .as("the rule trips over what it bans")
                          .isTrue();
                      assertThat(violations(sources, ban)).isEmpty();
                    }));
  }

  private static List<String> violations(List<Source> sources, Ban ban) {
    List<String> found = new ArrayList<>();
    for (Source source : sources) {
      if ((source.isTest() && !ban.testsToo())
          || ban.exempt().stream().anyMatch(source.path().toString()::endsWith)) {
        continue;
      }
      for (int i = 0; i < source.lines().size(); i++) {
        if (ban.banned().matcher(source.lines().get(i)).find()) {
          found.add(source.path() + ":" + (i + 1) + " " + source.lines().get(i).strip());
        }
      }
    }
    return found;
  }

  /** What the pages are made of. */
  private static List<Source> pages() {
    try (Stream<Path> files = Files.list(Path.of("src/main/resources/console"))) {
      return files
          .filter(f -> f.toString().matches(".*\\.(js|css|html)"))
          .map(TidyTest::read)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void filesStaySmall() {
    assertThat(pages()).hasSizeGreaterThan(10);
    assertThat(
            Stream.concat(sources().stream(), pages().stream())
                .filter(source -> source.lines().size() > FILE_LINES_MAX)
                .map(source -> source.path() + ": " + source.lines().size() + " lines"))
        .isEmpty();
  }

  @Test
  void methodsStaySmall() {
    assertThat(longMethods(List.of("  void a() {", "  }"), 1)).isNotEmpty();
    assertThat(
            sources().stream()
                .flatMap(
                    source ->
                        longMethods(source.lines(), METHOD_LINES_MAX).stream()
                            .map(method -> source.path() + ": " + method)))
        .isEmpty();
  }

  /** google-java-format closes a member with a brace that is as far in as its first line. */
  private static List<String> longMethods(List<String> lines, int linesMax) {
    Pattern begin =
        Pattern.compile("^( {2}| {4}(?=public|private|protected|static|void))\\w[^=;]*\\(");
    List<String> found = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      int body = i;
      while (body < lines.size() && !lines.get(body).matches(".*[;{}]$")) {
        body++;
      }
      if (!begin.matcher(line).find()
          || line.matches(".*\\b(class|record|interface|enum) .*")
          || body == lines.size()
          || !lines.get(body).endsWith("{")) {
        continue;
      }
      String end = line.substring(0, line.length() - line.stripLeading().length()) + "}";
      int last = body;
      while (last < lines.size() && !lines.get(last).equals(end)) {
        last++;
      }
      if (last - i + 1 > linesMax) {
        found.add("line " + (i + 1) + ": " + (last - i + 1) + " lines");
      }
    }
    return found;
  }

  @Test
  void constructorsStaySmall() {
    Pattern constructor =
        Pattern.compile("\\n  (?:public |private |protected )?([A-Z]\\w*)\\(([^)]*)\\)[^;{]*\\{");
    List<String> large = new ArrayList<>();
    for (Source source : sources()) {
      var matcher = constructor.matcher(String.join("\n", source.lines()));
      while (matcher.find()) {
        long parameters =
            matcher.group(2).replaceAll("<[^()]*>", "").chars().filter(c -> c == ',').count() + 1;
        if (parameters > CONSTRUCTOR_PARAMETERS_MAX) {
          large.add(source.path() + ": " + matcher.group(1) + " takes " + parameters);
        }
      }
    }
    assertThat(large).isEmpty();
  }
}
