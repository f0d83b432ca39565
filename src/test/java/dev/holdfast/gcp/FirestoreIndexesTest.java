package dev.holdfast.gcp;

import static dev.holdfast.contract.Jobs.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.cloud.firestore.Firestore;
import com.google.firestore.v1.StructuredAggregationQuery;
import com.google.firestore.v1.StructuredQuery;
import com.google.firestore.v1.StructuredQuery.FieldFilter;
import com.google.firestore.v1.StructuredQuery.Filter;
import dev.holdfast.contract.Jobs;
import dev.holdfast.job.Job;
import dev.holdfast.job.JobState;
import dev.holdfast.job.JobStore;
import dev.holdfast.job.WorkerRoster.WorkerReport;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Holds {@code deploy/gcp/firestore.indexes.json} against the queries that the code asks. The
 * emulator answers every query; Firestore answers none without its index.
 */
class FirestoreIndexesTest {

  private static final Path FILE = Path.of("deploy/gcp/firestore.indexes.json");

  /**
   * An index: fields with an equality in any order first, then the one the result is sorted by.
   *
   * @param equal each with its mode
   * @param last the sorted field with its order, empty if there is none
   */
  private record Index(String collection, Set<String> equal, String last) {
    int fields() {
      return equal.size() + (last.isEmpty() ? 0 : 1);
    }
  }

  /** Never connected. */
  private Firestore firestore;

  private JsonObject file;

  @BeforeEach
  void open() throws IOException {
    firestore =
        FirestoreClient.open(
            new GcpOptions(
                "p",
                Optional.empty(),
                GcpOptions.DEFAULT_DATABASE,
                "b",
                Set.of(),
                Optional.empty(),
                Optional.of("127.0.0.1:1"),
                Optional.empty()),
            List.of());
    file = new JsonObject(Files.readString(FILE));
  }

  @AfterEach
  void close() throws Exception {
    firestore.close();
  }

  private List<StructuredQuery> queries() {
    JobQueries jobs = new JobQueries(firestore.collection(JobDocument.COLLECTION));
    List<StructuredQuery> queries = new ArrayList<>();
    for (JobState state : new @Nullable JobState[] {null, JobState.QUEUED}) {
      for (String model : new @Nullable String[] {null, "m"}) {
        for (Map.Entry<String, String> label :
            new ArrayList<Map.@Nullable Entry<String, String>>(
                Arrays.asList(null, Map.entry("a", "b")))) {
          JobStore.Query wanted = new JobStore.Query(state, model, label, 10, null);
          queries.add(jobs.page(wanted).toProto().getStructuredQuery());
        }
      }
    }
    queries.add(jobs.due(NOON, 10).toProto().getStructuredQuery());
    queries.add(jobs.oldestWaiting().toProto().getStructuredQuery());
    queries.add(
        jobs.count(JobState.QUEUED).toProto().getStructuredAggregationQuery().getStructuredQuery());
    queries.add(
        jobs.waitingBefore(NOON).toProto().getStructuredAggregationQuery().getStructuredQuery());
    queries.add(
        new FirestoreWorkerRoster(firestore).reportedAfter(NOON).toProto().getStructuredQuery());
    return queries;
  }

  private static StructuredAggregationQuery sums(JobQueries jobs) {
    return jobs.backlog(JobState.QUEUED).toProto().getStructuredAggregationQuery();
  }

  /** A field that is summed up must be in the index, behind those that are compared. */
  private Index summed() {
    StructuredAggregationQuery query =
        sums(new JobQueries(firestore.collection(JobDocument.COLLECTION)));
    Index compared = needed(query.getStructuredQuery());
    List<String> fields =
        query.getAggregationsList().stream()
            .filter(StructuredAggregationQuery.Aggregation::hasSum)
            .map(aggregation -> aggregation.getSum().getField().getFieldPath())
            .toList();
    assertThat(fields).hasSize(1);
    return new Index(compared.collection(), compared.equal(), fields.get(0) + " ASCENDING");
  }

  private static Index needed(StructuredQuery query) {
    Set<String> equal = new TreeSet<>();
    String last = "";
    for (FieldFilter filter : filters(query.getWhere())) {
      String field = filter.getField().getFieldPath();
      switch (filter.getOp()) {
        case EQUAL, IN -> equal.add(field + " ASCENDING");
        case ARRAY_CONTAINS -> equal.add(field + " CONTAINS");
        default -> last = field + " ASCENDING";
      }
    }
    for (StructuredQuery.Order order : query.getOrderByList()) {
      String field = order.getField().getFieldPath();
      if (!field.equals("__name__")) {
        last = field + " " + order.getDirection();
      }
    }
    return new Index(query.getFrom(0).getCollectionId(), equal, last);
  }

  private static List<FieldFilter> filters(Filter filter) {
    return filter.hasCompositeFilter()
        ? filter.getCompositeFilter().getFiltersList().stream()
            .flatMap(part -> filters(part).stream())
            .toList()
        : List.of(filter.getFieldFilter());
  }

  private Set<Index> declared() {
    Set<Index> declared = new HashSet<>();
    for (JsonObject index : objects(file, "indexes")) {
      assertThat(index.getString("queryScope")).isEqualTo("COLLECTION");
      List<String> fields =
          objects(index, "fields").stream()
              .map(field -> field.getString("fieldPath") + " " + mode(field))
              .toList();
      assertThat(fields.get(0))
          .as("a bucket leads, or the times are a hot spot")
          .isEqualTo("bucket ASCENDING");
      int last = fields.size() - 1;
      declared.add(
          new Index(
              index.getString("collectionGroup"),
              new TreeSet<>(fields.subList(0, last)),
              fields.get(last)));
    }
    return declared;
  }

  private static String mode(JsonObject field) {
    return field.getString("order", field.getString("arrayConfig"));
  }

  private static List<JsonObject> objects(JsonObject parent, String name) {
    JsonArray array = parent.getJsonArray(name);
    assertThat(array).as(name).isNotNull();
    return array.stream().map(JsonObject.class::cast).toList();
  }

  @Test
  void everyQueryHasItsIndexAndNoIndexIsIdle() {
    Set<Index> composite = new HashSet<>();
    for (StructuredQuery query : queries()) {
      Index needed = needed(query);
      if (needed.fields() > 1) {
        composite.add(needed);
      }
    }
    composite.add(summed());
    assertThat(composite)
        .as("eight lists, what is due, who waits longest, the backlog")
        .hasSize(11);
    assertThat(declared()).containsExactlyInAnyOrderElementsOf(composite);
  }

  @Test
  void everyFieldSaysWhichIndexesOfItsOwnItHas() {
    Set<String> needed = new HashSet<>();
    for (StructuredQuery query : queries()) {
      Index index = needed(query);
      if (index.fields() == 1) {
        String field = index.last().isEmpty() ? index.equal().iterator().next() : index.last();
        needed.add(index.collection() + "." + field);
      }
    }
    Map<String, Set<String>> declared = new HashMap<>();
    for (JsonObject override : objects(file, "fieldOverrides")) {
      Set<String> modes = new HashSet<>();
      for (JsonObject index : objects(override, "indexes")) {
        assertThat(index.getString("queryScope")).isEqualTo("COLLECTION");
        modes.add(mode(index));
      }
      declared.put(field(override), modes);
    }
    Set<String> fields = new TreeSet<>();
    jobFields().forEach(field -> fields.add("jobs." + field));
    FirestoreWorkerRoster.fields(report())
        .keySet()
        .forEach(field -> fields.add("workers." + field));
    assertThat(declared).containsOnlyKeys(fields);
    Set<String> indexed = new HashSet<>();
    declared.forEach((field, modes) -> modes.forEach(mode -> indexed.add(field + " " + mode)));
    assertThat(indexed).isEqualTo(needed);
  }

  @Test
  void bothCollectionsExpireByTheirOwnField() {
    assertThat(
            objects(file, "fieldOverrides").stream()
                .filter(override -> override.getBoolean("ttl", false))
                .map(FirestoreIndexesTest::field))
        .containsExactlyInAnyOrder(
            "jobs." + JobDocument.EXPIRE_AT, "workers." + FirestoreWorkerRoster.EXPIRE_AT);
  }

  private static String field(JsonObject override) {
    return override.getString("collectionGroup") + "." + override.getString("fieldPath");
  }

  private static Set<String> jobFields() {
    Job job = Jobs.full(NOON);
    Set<String> fields = new HashSet<>(JobDocument.created(job, "t").keySet());
    fields.addAll(JobDocument.replaced(job, "t").keySet());
    return fields;
  }

  private static WorkerReport report() {
    return new WorkerReport(
        "w", "host", Job.Place.UNKNOWN, 1, NOON, NOON, true, null, Map.of(), 1, 0, 0, 0, 8081);
  }
}
