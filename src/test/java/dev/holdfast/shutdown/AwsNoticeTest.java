package dev.holdfast.shutdown;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.shutdown.EvictionNotice.Notice;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against a metadata service that takes nobody without a token. */
class AwsNoticeTest {

  private static final String TOKEN = "PUT /latest/api/token";
  private static final String ACTION = "GET " + FakeAws.ACTION;
  private static final Duration BETWEEN = Duration.ofSeconds(5);

  private final FakeAws aws = new FakeAws();
  private final MetadataServer server = new MetadataServer(aws);
  private final Listening listening = new Listening();

  AwsNoticeTest() throws IOException {}

  @BeforeEach
  void open() {
    server.open();
  }

  @AfterEach
  void close() {
    listening.close();
    server.close();
  }

  private void watchBoth() {
    new EvictionNotices(listening.clockwork())
        .cloud(EvictionNotices.Cloud.AWS, server.base())
        .start(listening::hear);
  }

  @Test
  void theInterruptionIsHeardOnceWithTheTimeThatIsLeft() throws Exception {
    listening.watch(aws, server).start(listening::hear);
    listening.waits.expect(BETWEEN);
    aws.evict();
    listening.waits.expect(BETWEEN);
    assertThat(listening.nextNotice())
        .isEqualTo(
            new Notice(
                "AWS", "the instance is to terminate", Optional.of(Duration.ofMinutes(2)), true));
    listening.waits.expect(BETWEEN);
    listening.waits.next();
    assertThat(listening.heardNothing()).isTrue();
  }

  @Test
  void anotherTimeIsAnotherNotice() throws Exception {
    aws.set(FakeAws.ACTION, "{\"action\":\"stop\",\"time\":\"2026-03-01T12:02:00Z\"}");
    listening.watch(aws, server).start(listening::hear);
    assertThat(listening.nextNotice().what()).isEqualTo("the instance is to stop");
    aws.set(FakeAws.ACTION, "{\"action\":\"stop\",\"time\":\"2026-03-01T12:01:00Z\"}");
    listening.waits.expect(BETWEEN);
    assertThat(listening.nextNotice().deadline()).contains(Duration.ofMinutes(1));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"action\":\"terminate\"}",
        "{\"action\":\"terminate\",\"time\":null}",
        "{\"action\":\"terminate\",\"time\":\"soon\"}",
        "{\"action\":\"terminate\",\"time\":17}",
        "{\"action\":\"hibernate\"}",
        "{\"action\":\"hibernate\",\"time\":\"2026-03-01T11:59:59Z\"}",
        "{\"action\":\"hibernate\",\"time\":\"2026-03-01T12:02:00Z\"}"
      })
  void withoutATimeAndForWhatBeginsAtOnceThereIsNoDeadline(String item) throws Exception {
    aws.set(FakeAws.ACTION, item);
    listening.watch(aws, server).start(listening::hear);
    assertThat(listening.nextNotice().deadline()).isEmpty();
  }

  @Test
  void nothingIsLeftOfATimeThatHasPassed() throws Exception {
    aws.set(FakeAws.ACTION, "{\"action\":\"terminate\",\"time\":\"2026-03-01T11:59:59Z\"}");
    listening.watch(aws, server).start(listening::hear);
    assertThat(listening.nextNotice().deadline()).contains(Duration.ZERO);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "{",
        "{}",
        "{\"action\":\"dance\",\"time\":\"2026-03-01T12:02:00Z\"}",
        "{\"action\":{\"terminate\":1}}",
        "{\"action\":[\"terminate\"]}"
      })
  void whatNamesNoActionIsNoNotice(String item) throws Exception {
    aws.set(FakeAws.ACTION, item);
    listening.watch(aws, server).start(listening::hear);
    listening.waits.expect(Duration.ofSeconds(1));
    listening.waits.next();
    assertThat(listening.heardNothing()).isTrue();
  }

  @Test
  void theTokenIsFetchedOnceAndAgainWhenItHasExpired() throws Exception {
    listening.watch(aws, server).start(listening::hear);
    listening.waits.expect(BETWEEN);
    ScriptedTimers.Alarm wait = listening.waits.next();
    assertThat(List.of(server.nextAsked(), server.nextAsked(), server.nextAsked()))
        .containsExactly(TOKEN, ACTION, ACTION);

    aws.expireTokens();
    aws.evict();
    wait.fire();
    listening.nextNotice();
    assertThat(List.of(server.nextAsked(), server.nextAsked(), server.nextAsked()))
        .containsExactly(ACTION, TOKEN, ACTION);
    assertThat(aws.issued()).isEqualTo(2);
  }

  @Test
  void aTokenThatIsNeverAcceptedIsNotFetchedInALoop() throws Exception {
    aws.issueDeadTokens();
    listening.watch(aws, server).start(listening::hear);
    listening.waits.expect(Duration.ofSeconds(1));
    listening.waits.expect(Duration.ofSeconds(2));
    listening.waits.next();
    assertThat(aws.issued()).isEqualTo(6);
  }

  @Test
  void theRebalanceRecommendationIsNotCertainAndBothItemsShareTheToken() throws Exception {
    aws.set(FakeAws.REBALANCE, "{\"noticeTime\":\"2026-03-01T11:59:50Z\"}");
    watchBoth();
    assertThat(listening.nextNotice())
        .isEqualTo(
            new Notice(
                "AWS", "a rebalance is recommended, eviction is likely", Optional.empty(), false));
    ScriptedTimers.Alarm first = listening.waits.next();
    ScriptedTimers.Alarm second = listening.waits.next();
    aws.evict();
    first.fire();
    second.fire();
    assertThat(listening.nextNotice().certain()).isTrue();
    listening.waits.next();
    listening.waits.next();
    assertThat(listening.heardNothing()).isTrue();
    assertThat(aws.issued()).isEqualTo(1);
  }

  @Test
  void bothItemsRefusedAtOnceFetchOneTokenBetweenThem() throws Exception {
    watchBoth();
    ScriptedTimers.Alarm first = listening.waits.next();
    ScriptedTimers.Alarm second = listening.waits.next();
    aws.expireTokens();
    first.fire();
    second.fire();
    listening.waits.next();
    listening.waits.next();
    assertThat(aws.issued()).isEqualTo(2);
  }

  @Test
  void aUselessRebalanceItemDoesNotSlowTheOtherOneDown() throws Exception {
    aws.set(FakeAws.REBALANCE, "<html>");
    watchBoth();
    assertThat(List.of(listening.waits.next().delay(), listening.waits.next().delay()))
        .containsExactlyInAnyOrder(BETWEEN, Duration.ofSeconds(1));
    assertThat(listening.heardNothing()).isTrue();
  }
}
