package dev.holdfast;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The arrows between the rooms. Each rule holds for the house, and each trips over a violator that
 * is planted for it under {@code src/test}, so that no rule can be one that never fails.
 */
class ArchitectureTest {

  private static final String HOUSE = "dev.holdfast";
  private static final String PLANTED = "dev.holdfast.planted";

  private static final List<String> ROOMS =
      List.of(
          "job",
          "live",
          "api",
          "worker",
          "shutdown",
          "health",
          "djl",
          "tuning",
          "onnx",
          "adapter",
          "gcp",
          "embedded",
          "emulator",
          "client",
          "webhook",
          "telemetry",
          "console");

  /** What each room may know besides itself. */
  private static final Map<String, List<String>> ARROWS =
      Map.ofEntries(
          Map.entry("job", List.of()),
          Map.entry("shutdown", List.of()),
          Map.entry("health", List.of()),
          Map.entry("onnx", List.of()),
          Map.entry("client", List.of()),
          Map.entry("emulator", List.of()),
          Map.entry("console", List.of()),
          Map.entry("live", List.of("job")),
          Map.entry("api", List.of("live", "job", "shutdown", "console")),
          Map.entry("worker", List.of("job", "shutdown")),
          Map.entry("webhook", List.of("adapter", "job")),
          Map.entry("telemetry", List.of("job")),
          Map.entry("djl", List.of("worker", "job")),
          Map.entry("tuning", List.of("worker", "job")),
          Map.entry("adapter", List.of("job")),
          Map.entry("gcp", List.of("adapter", "job", "shutdown")),
          Map.entry("embedded", List.of("adapter", "job", "shutdown")));

  private static Map<String, ArchRule> rules(String house) {
    Map<String, ArchRule> rules = new LinkedHashMap<>();
    for (String room : ROOMS) {
      String[] strangers =
          Stream.concat(
                  ROOMS.stream()
                      .filter(other -> !other.equals(room))
                      .filter(other -> !ARROWS.getOrDefault(room, List.of()).contains(other))
                      .map(other -> house + "." + other + ".."),
                  Stream.of(house))
              .toArray(String[]::new);
      rules.put(
          room + " keeps to its arrows",
          noClasses()
              .that()
              .resideInAPackage(house + "." + room + "..")
              .should()
              .dependOnClassesThat()
              .resideInAnyPackage(strangers)
              .allowEmptyShould(true));
    }
    rules.put("no cycles", slices().matching(house + ".(*)..").should().beFreeOfCycles());
    only(rules, house, "djl", "ai.djl..");
    only(
        rules,
        house,
        "gcp",
        "com.google.cloud..",
        "com.google.api..",
        "com.google.auth..",
        "com.google.common..",
        "com.google.firestore..",
        "com.google.protobuf..",
        "com.google.pubsub..",
        "io.grpc..");
    only(rules, house, "embedded", "java.sql..", "org.sqlite..");
    only(rules, house, "telemetry", "io.opentelemetry..");
    only(rules, house, "client", "java.net.http..", "me.tongfei..");
    rules.put(
        "job is plain",
        noClasses()
            .that()
            .resideInAPackage(house + ".job..")
            .should()
            .dependOnClassesThat(
                resideInAPackage("io.vertx..")
                    .and(not(vertxValues()))
                    .as("Vert.x beyond futures, buffers and JSON"))
            .orShould()
            .dependOnClassesThat()
            .resideInAnyPackage("org.slf4j..", "com.fasterxml..", "io.micrometer..")
            .allowEmptyShould(true));
    rules.put(
        "only the JobRunner acknowledges",
        noClasses()
            .that(notTheJobRunner(house))
            .should()
            .callMethodWhere(
                describe(
                    "a delivery is acknowledged",
                    call ->
                        call.getName().equals("ack")
                            && call.getTargetOwner()
                                .isAssignableTo("dev.holdfast.job.JobQueue$Delivery"))));
    rules.put("nothing closes things behind the back of the way out", noHooks(house));
    return rules;
  }

  private static ArchRule noHooks(String house) {
    return noClasses()
        .that()
        .resideInAPackage(house + "..")
        .should()
        .callMethod(Runtime.class, "addShutdownHook", Thread.class);
  }

  private static DescribedPredicate<JavaClass> vertxValues() {
    return resideInAnyPackage("io.vertx.core.json..", "io.vertx.core.buffer..")
        .or(describe("futures", c -> isFuture(c.getName())));
  }

  private static boolean isFuture(String name) {
    return name.startsWith("io.vertx.core.Future")
        || name.equals("io.vertx.core.Promise")
        || name.equals("io.vertx.core.AsyncResult")
        || name.equals("io.vertx.core.Handler")
        || name.equals("io.vertx.core.CompositeFuture")
        || name.equals("io.vertx.core.Completable");
  }

  private static DescribedPredicate<JavaClass> notTheJobRunner(String house) {
    return describe("are not the JobRunner", c -> !c.getName().equals(house + ".worker.JobRunner"));
  }

  private static void only(
      Map<String, ArchRule> rules, String house, String room, String... vendor) {
    rules.put(
        "only " + room + " knows " + vendor[0],
        noClasses()
            .that()
            .resideInAPackage(house + "..")
            .and()
            .resideOutsideOfPackage(house + "." + room + "..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(vendor));
  }

  @TestFactory
  Stream<DynamicTest> theHouseKeepsItsRules() {
    JavaClasses house =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(HOUSE);
    assertThat(house.size()).isGreaterThan(50);
    return rules(HOUSE).entrySet().stream()
        .map(rule -> DynamicTest.dynamicTest(rule.getKey(), () -> rule.getValue().check(house)));
  }

  @TestFactory
  Stream<DynamicTest> everyRuleTripsOverItsPlantedViolator() {
    JavaClasses planted = new ClassFileImporter().importPackages(PLANTED);
    return rules(PLANTED).entrySet().stream()
        .map(
            rule ->
                DynamicTest.dynamicTest(
                    rule.getKey(),
                    () ->
                        assertThat(rule.getValue().evaluate(planted).hasViolation())
                            .as("nothing planted trips: %s", rule.getKey())
                            .isTrue()));
  }
}
