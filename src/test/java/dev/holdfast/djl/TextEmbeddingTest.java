package dev.holdfast.djl;

import static dev.holdfast.djl.Engines.cosine;
import static dev.holdfast.djl.Engines.prepared;
import static dev.holdfast.djl.Engines.text;
import static dev.holdfast.djl.Engines.vectors;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.job.Item;
import dev.holdfast.job.JobError;
import dev.holdfast.job.ModelSpec;
import dev.holdfast.job.ModelSpec.Kind;
import dev.holdfast.worker.InferenceEngine.Embedding;
import dev.holdfast.worker.InferenceEngine.Lane;
import dev.holdfast.worker.InferenceEngine.LoadedModel;
import dev.holdfast.worker.InferenceEngine.Preparation;
import dev.holdfast.worker.InferenceEngine.Prepared;
import dev.holdfast.worker.InferenceEngine.Rejected;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The shipped model, through the same door as any user's. */
class TextEmbeddingTest {

  /** Between two orders of the same sums; vectors have length 1. */
  private static final double ROUNDING = 1e-5;

  private static final Reference REFERENCE = Reference.read();

  @SuppressWarnings("NullAway.Init")
  private static LoadedModel model;

  @BeforeAll
  static void load() throws Exception {
    model = Engines.load(Engines.SHIPPED, Kind.TEXT_EMBEDDING);
  }

  @AfterAll
  static void close() {
    model.close();
  }

  @Test
  void givesTheReferenceVectors() throws Exception {
    assertThat(REFERENCE.texts()).hasSize(17);
    List<float[]> found = vectors(model, REFERENCE.texts());
    for (int i = 0; i < found.size(); i++) {
      assertThat(cosine(found.get(i), REFERENCE.vectors().get(i)))
          .as(REFERENCE.texts().get(i))
          .isGreaterThan(0.9999);
    }
  }

  /** Else the reference, cut at 128 tokens, would not speak for a model that takes 256. */
  @Test
  void noReferenceTextIsLongEnoughToBeCut() {
    for (Prepared each : prepared(model, REFERENCE.texts().stream().map(Engines::text).toList())) {
      assertThat(each.tokens()).isLessThanOrEqualTo(Reference.TOKENS_MAX);
    }
  }

  @Test
  void aVectorDoesNotDependOnItsBatch() throws Exception {
    List<String> backwards = new ArrayList<>(REFERENCE.texts());
    Collections.reverse(backwards);
    List<float[]> together = vectors(model, backwards);
    for (int i = 0; i < backwards.size(); i++) {
      float[] alone = vectors(model, List.of(backwards.get(i))).get(0);
      assertClose(alone, together.get(i));
    }
  }

  @Test
  void cutsALongTextAt256Tokens() throws Exception {
    String longText = "word ".repeat(1_000);
    assertThat(prepared(model, List.of(text(longText))).get(0).tokens()).isEqualTo(256);
    String cut = "word ".repeat(254);
    List<float[]> found = vectors(model, List.of(longText, cut));
    assertClose(found.get(0), found.get(1));
  }

  @Test
  void countsTheTokensOfEachTextAndLetsAllOfThemShareABatch() {
    List<Prepared> both = prepared(model, List.of(text("one"), text("one two three"), text("")));
    assertThat(both).extracting(Prepared::tokens).containsExactly(3, 5, 2);
    assertThat(both).extracting(Prepared::signature).containsOnly(both.get(0).signature());
  }

  @Test
  void refusesWhatIsNoTextAndKeepsTheOthersInOrder() {
    List<Preparation> outcomes =
        model.prepare(
            List.of(
                text("first"),
                new Item.Tensors(null, List.of()),
                text("half \ud83d of it"),
                text("whole \ud83d\ude00"),
                text("\udc00")));
    assertThat(outcomes.get(0)).isInstanceOf(Prepared.class);
    assertRejected(outcomes.get(1), JobError.ITEM_WRONG_KIND, "takes text");
    assertRejected(outcomes.get(2), JobError.ITEM_NOT_UTF8, "at index 5");
    assertThat(outcomes.get(3)).isInstanceOf(Prepared.class);
    assertRejected(outcomes.get(4), JobError.ITEM_NOT_UTF8, "at index 0");
  }

  @Test
  void lanesGiveTheSameVectorsAtTheSameTime() throws Exception {
    List<float[]> expected = vectors(model, REFERENCE.texts());
    int lanes = model.lanes() + 1;
    ExecutorService threads = Executors.newFixedThreadPool(lanes);
    try {
      List<Future<List<float[]>>> answers = new ArrayList<>();
      for (int i = 0; i < lanes; i++) {
        int index = i;
        answers.add(threads.submit((Callable<List<float[]>>) () -> inferInPairs(index)));
      }
      for (Future<List<float[]>> answer : answers) {
        List<float[]> found = answer.get(60, TimeUnit.SECONDS);
        for (int i = 0; i < expected.size(); i++) {
          assertClose(found.get(i), expected.get(i));
        }
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static List<float[]> inferInPairs(int index) throws Exception {
    List<float[]> found = new ArrayList<>();
    try (Lane lane = model.openLane(index)) {
      List<Prepared> all = prepared(model, REFERENCE.texts().stream().map(Engines::text).toList());
      for (int i = 0; i < all.size(); i += 2) {
        lane.infer(all.subList(i, Math.min(i + 2, all.size())))
            .forEach(row -> found.add(((Embedding) row).vector()));
      }
    }
    return found;
  }

  @Test
  void onACpuEveryProcessorIsALane() {
    assertThat(model.lanes()).isEqualTo(Runtime.getRuntime().availableProcessors());
  }

  @Test
  void lanesAreAsManyAsDeclared() throws Exception {
    ModelSpec usual = model.spec();
    ModelSpec spec =
        new ModelSpec(
            "three",
            usual.location(),
            usual.kind(),
            usual.device(),
            usual.batch(),
            OptionalInt.of(3),
            Set.of(),
            usual.precision());
    try (LoadedModel three = new DjlEngine().load(spec);
        Lane last = three.openLane(2)) {
      assertThat(three.lanes()).isEqualTo(3);
      assertThat(last.infer(prepared(three, List.of(text("one"))))).hasSize(1);
    }
  }

  private static void assertRejected(Preparation outcome, JobError error, String reason) {
    assertThat(outcome).isInstanceOf(Rejected.class);
    assertThat(((Rejected) outcome).reason().error()).isEqualTo(error);
    assertThat(((Rejected) outcome).reason()).hasMessageContaining(reason);
  }

  private static void assertClose(float[] found, float[] expected) {
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < found.length; i++) {
      assertThat((double) found[i]).isBetween(expected[i] - ROUNDING, expected[i] + ROUNDING);
    }
  }
}
