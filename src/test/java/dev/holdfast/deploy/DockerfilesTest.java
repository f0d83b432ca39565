package dev.holdfast.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** What both Dockerfiles must keep. That they build and run is shown by "make images-test". */
class DockerfilesTest {

  private static final Pattern FROM = Pattern.compile("(?m)^FROM (\\S+)");
  private static final Pattern BASE = Pattern.compile("(?m)^ARG [A-Z]+_IMAGE=(\\S+)$");
  private static final Pattern COPY = Pattern.compile("(?m)^COPY (?!--from)(.+) \\S+$");

  private static String dockerfile(String role) {
    try {
      return Files.readString(Path.of("Dockerfile." + role));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static Stream<String> found(Pattern pattern, String text) {
    return pattern.matcher(text).results().map(match -> match.group(1));
  }

  /** Names of the rules that do not hold. */
  private static List<String> broken(String role, String dockerfile) throws IOException {
    List<String> broken = new ArrayList<>();
    // a registry would be asked for it
    require(!dockerfile.contains("# syntax="), "no syntax line", broken);
    require(
        dockerfile.contains("\nUSER 65532:65532\n")
            && dockerfile.contains("useradd --uid 65532")
            && dockerfile.lastIndexOf("\nRUN ") < dockerfile.indexOf("\nUSER "),
        "not root, by a name of its own",
        broken);
    require(
        dockerfile.contains("\nENTRYPOINT [\"java\", ")
            && dockerfile.endsWith("\nCMD [\"" + role + "\"]\n"),
        "Java is process 1, so that it hears SIGTERM",
        broken);
    require(
        dockerfile.contains("RAMPercentage=") && !dockerfile.contains("-Xmx\""),
        "the heap follows the container's limit",
        broken);
    require(
        found(FROM, dockerfile).allMatch(base -> base.contains("${") || base.equals("scratch"))
            && found(BASE, dockerfile).allMatch(base -> base.matches("[a-z-]+:[0-9]+\\.[0-9]+.*"))
            && found(BASE, dockerfile).count() > 1,
        "bases are arguments, each with a version",
        broken);
    require(
        Stream.of("title", "description", "version", "revision")
            .allMatch(label -> dockerfile.contains("org.opencontainers.image." + label + "=")),
        "it says what it is",
        broken);
    require(
        dockerfile.contains("/sbom.cyclonedx.json")
            && dockerfile.contains("/mnt/packages /opt/holdfast/sbom-base.cyclonedx.json"),
        "it lists what is in it",
        broken);
    List<Integer> order =
        Stream.of("/lib /opt/holdfast/lib", "/holdfast.jar /opt/holdfast/", "\nARG REVISION")
            .map(dockerfile::indexOf)
            .toList();
    require(
        order.get(0) > 0 && order.equals(order.stream().sorted().toList()),
        "what changes most comes last",
        broken);
    Set<String> sent =
        Files.readAllLines(Path.of(".dockerignore")).stream()
            .filter(line -> line.startsWith("!"))
            .map(line -> line.substring(1))
            .collect(Collectors.toSet());
    require(
        found(COPY, dockerfile)
            .flatMap(sources -> Stream.of(sources.split(" ", -1)))
            .allMatch(
                source ->
                    sent.stream().anyMatch(prefix -> (source + "/").startsWith(prefix + "/"))),
        "what it copies is sent to the builder",
        broken);
    return broken;
  }

  private static void require(boolean holds, String rule, List<String> broken) {
    if (!holds) {
      broken.add(rule);
    }
  }

  @TestFactory
  Stream<DynamicTest> bothKeepTheRules() {
    return Stream.of("api", "worker")
        .map(
            role ->
                DynamicTest.dynamicTest(
                    role, () -> assertThat(broken(role, dockerfile(role))).isEmpty()));
  }

  private record Damage(String rule, String text, String replacement) {}

  @TestFactory
  Stream<DynamicTest> damageIsFound() {
    return Stream.of(
            new Damage("no syntax line", "\nARG BUILD_IMAGE", "\n# syntax=x\nARG BUILD_IMAGE"),
            new Damage("not root, by a name of its own", "\nUSER 65532:65532\n", "\n"),
            new Damage("not root, by a name of its own", "useradd --uid 65532", "true"),
            new Damage(
                "Java is process 1, so that it hears SIGTERM",
                "ENTRYPOINT [\"java\", ",
                "ENTRYPOINT java "),
            new Damage("the heap follows the container's limit", "MaxRAMPercentage=40", "Xmx1g"),
            new Damage(
                "bases are arguments, each with a version",
                "FROM ${RUNTIME_IMAGE}",
                "FROM temurin"),
            new Damage("bases are arguments, each with a version", "=maven:3.9.9-", "=maven:"),
            new Damage("it says what it is", "org.opencontainers.image.title=", "title="),
            new Damage("it lists what is in it", "/sbom.cyclonedx.json", "/classpath"),
            new Damage("it lists what is in it", "  /mnt/packages /opt", "  true /opt"),
            new Damage("what changes most comes last", "/lib /opt/holdfast/lib", "/lib /x"),
            new Damage("what it copies is sent to the builder", "COPY pom.xml ", "COPY README.md "))
        .map(
            damage ->
                DynamicTest.dynamicTest(
                    damage.rule() + ": " + damage.text().strip(),
                    () -> {
                      String whole = dockerfile("api");
                      String damaged = whole.replace(damage.text(), damage.replacement());
                      assertThat(damaged).isNotEqualTo(whole);
                      assertThat(broken("api", damaged)).contains(damage.rule());
                    }));
  }
}
