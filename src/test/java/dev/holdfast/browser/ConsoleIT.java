package dev.holdfast.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The console in a real browser on the real program: one fleet from its first empty page on, so the
 * tests have an order. Pictures lie in {@code target/screenshots}.
 */
@Timeout(240)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ConsoleIT {

  private static final double WAIT_MAX_MS = 60_000;

  @TempDir static Path directory;
  static LocalServer server;
  static Chromium chromium;

  @BeforeAll
  static void start() throws Exception {
    PlaywrightAssertions.setDefaultAssertionTimeout(WAIT_MAX_MS);
    server = LocalServer.start(directory.resolve("data"));
    chromium = new Chromium();
    server.ready();
  }

  @AfterAll
  static void stop() throws Exception {
    chromium.close();
    server.end();
  }

  @AfterEach
  void nothingWasComplainedOf() {
    assertThat(chromium.complaints()).isEmpty();
  }

  private static Page open(int width, int height, ColorScheme colors, String path) {
    Page page = chromium.page(width, height, colors);
    page.navigate(server.url() + path);
    return page;
  }

  private static Locator button(Page page, String name) {
    return page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name));
  }

  @Test
  @Order(1)
  void anEmptyPageSaysWhatToDo() {
    Page page = open(1280, 900, ColorScheme.LIGHT, "/");
    assertThat(page.locator("#jobs-empty")).containsText("No jobs yet");
    assertThat(page.locator("#workers-list > li")).hasCount(2);
    assertThat(page.locator(".top")).containsText("Every row exactly once");
    assertThat(page.locator("#connection-words")).hasText("Live");
    Chromium.screenshot(page, "empty", true);
    page.context().close();
  }

  @Test
  @Order(2)
  void aJobIsSubmittedAndOutlivesTheWorkerThatIsEvicted() {
    Page page = open(1280, 900, ColorScheme.LIGHT, "/");
    page.evaluate("window.loadedOnce = true");
    button(page, "Fill in 1,000 sentences").first().click();
    page.getByLabel("Label").fill("team:search");
    button(page, "Submit").click();

    Locator detail = page.locator("#job");
    assertThat(detail).isVisible();
    Locator bar = detail.locator("progress");
    page.waitForFunction("() => document.querySelector('#job progress')?.value > 60");
    double before = value(bar);
    page.waitForFunction(
        "before => document.querySelector('#job progress').value > before", before);
    Chromium.screenshot(page, "running", true);
    String worker = detail.locator("#job-attempts li strong").first().textContent();

    button(page, "Evict " + worker).click();

    Locator attempts = detail.locator("#job-attempts li");
    assertThat(attempts).hasCount(2);
    assertThat(attempts.first()).containsText(Pattern.compile("evicted at item [1-9]"));
    assertThat(attempts.nth(1)).containsText(Pattern.compile("resumed at item [1-9]"));
    Chromium.screenshot(page, "evicted", true);
    assertThat(detail.locator("#job-state")).hasText("complete");
    assertThat(detail.locator(".progress-words")).hasText("1,000 of 1,000");
    assertThat(detail.locator("#job-rows li")).hasCount(5);
    assertThat(page.locator("#jobs-body tr").first()).containsText("1 interruption");
    assertThat(page.locator("[data-id=" + worker + "] .standing")).hasText("ready");
    assertThat(page.evaluate("window.loadedOnce")).as("never loaded again").isEqualTo(true);
    Chromium.screenshot(page, "complete", true);
    page.context().close();
  }

  private static double value(Locator progress) {
    return ((Number) progress.evaluate("bar => bar.value")).doubleValue();
  }

  @Test
  @Order(3)
  void aWorkerThatIsKilledIsReplaced() {
    Page page = open(1280, 900, ColorScheme.DARK, "/");
    Locator card = page.locator("[data-id=worker-1]");
    assertThat(card.locator(".standing")).hasText("ready");
    String before = card.locator("p").textContent();
    button(page, "Kill worker-1").click();
    assertThat(page.locator("#workers-message")).containsText("worker-1 is killed");
    assertThat(card.locator(".standing")).containsText("another is started");
    Chromium.screenshot(page, "killed", true);
    assertThat(card.locator(".standing")).hasText("ready");
    assertThat(card.locator("p").textContent()).as("another process").isNotEqualTo(before);
    page.context().close();
  }

  @Test
  @Order(4)
  void theServersObjectionStandsAtTheBox() {
    Page page = open(1280, 900, ColorScheme.LIGHT, "/");
    button(page, "Submit").click();
    assertThat(page.locator("#submit-error")).containsText("write at least one text");
    page.getByLabel("Texts, one a line").fill("It holds fast.");
    page.getByLabel("Label").fill("Team Name:x");
    button(page, "Submit").click();
    assertThat(page.locator("#submit-error")).containsText("labels");
    assertThat(page.getByLabel("Label")).hasAttribute("aria-invalid", "true");
    Chromium.screenshot(page, "refused", true);
    page.context().close();
  }

  @Test
  @Order(5)
  void thePageFindsTheServerAgainAfterARestart() throws Exception {
    Page page = open(1280, 900, ColorScheme.DARK, "/");
    assertThat(page.locator("#jobs-body tr")).hasCount(1);
    server.stop();
    assertThat(page.locator("#connection-words")).containsText("No connection");
    Chromium.screenshot(page, "offline", true);
    server.again();
    server.ready();
    assertThat(page.locator("#connection-words")).hasText("Live");
    page.getByLabel("Texts, one a line").fill("It holds fast.\nWhatever the weather.");
    button(page, "Submit").click();
    assertThat(page.locator("#job-state")).hasText("complete");
    assertThat(page.locator("#jobs-body tr")).hasCount(2);
    page.context().close();
  }

  @Test
  @Order(6)
  void theKeyboardIsEnough() {
    Page page = open(1280, 900, ColorScheme.LIGHT, "/");
    Locator link = page.locator("#jobs-body a").first();
    link.focus();
    page.keyboard().press("Enter");
    assertThat(page.locator("#job-heading")).isFocused();
    page.keyboard().press("Escape");
    assertThat(page.locator("#job")).isHidden();
    assertThat(link).isFocused();
    page.context().close();
  }

  @Test
  @Order(7)
  void theJobThatIsLookedAtIsNotForgottenHoweverManyAreNewer() {
    Page page = open(1280, 900, ColorScheme.LIGHT, "/");
    Object known =
        page.evaluate(
            """
            async () => {
              const { Store } = await import('/console/store.js');
              const store = new Store();
              store.kept = () => 'old';
              const put = (id, at) => store.putJob({ id, version: 1, created_at: at });
              put('old', '2026-01-01');
              put('other', '2026-01-01');
              for (let i = 0; i < 600; i++) {
                put(`new-${i}`, '2026-01-02');
              }
              return [store.jobs.has('old'), store.jobs.has('other'), store.jobs.size];
            }""");
    assertThat(known).isEqualTo(List.of(true, false, 501));
    page.context().close();
  }

  @Test
  @Order(8)
  void whatEndedUnheardBelowTheFirstPageIsAskedFor() {
    Page page = chromium.page(1280, 900, ColorScheme.LIGHT);
    AtomicBoolean listed = new AtomicBoolean();
    page.route(
        url -> url.endsWith("/v1/jobs?limit=50"),
        route -> {
          JsonObject list = new JsonObject(route.fetch().text());
          JsonArray jobs = new JsonArray();
          if (listed.compareAndSet(false, true)) {
            JsonObject job = list.getJsonArray("jobs").getJsonObject(0);
            job.put("version", 1).put("state", "processing").remove("ended_at");
            jobs.add(job);
          }
          String body = new JsonObject().put("jobs", jobs).encode();
          route.fulfill(
              new Route.FulfillOptions().setContentType("application/json").setBody(body));
        });
    page.navigate(server.url() + "/");
    assertThat(page.locator("#jobs-body tr")).hasCount(1);
    assertThat(page.locator("#jobs-body tr")).containsText("complete");
    page.context().close();
  }

  @Test
  @Order(9)
  void itIsAccessibleInLightAndDarkWideAndNarrow() {
    for (ColorScheme colors : new ColorScheme[] {ColorScheme.LIGHT, ColorScheme.DARK}) {
      for (int width : new int[] {360, 1280}) {
        Page page = open(width, 900, colors, "/");
        page.locator("#jobs-body a").last().click();
        assertThat(page.locator("#job-rows li")).hasCount(5);
        look(page, "job-%s-%d".formatted(colors.name().toLowerCase(Locale.ROOT), width));
        page.navigate(server.url() + "/docs");
        assertThat(page.locator("#getJob")).isVisible();
        assertThat(page.locator("#contents a[href='#jobEnded']")).containsText("sent to you");
        assertThat(page.locator("#jobEnded"))
            .containsText(Pattern.compile("webhook-signature.*job\\.complete", Pattern.DOTALL));
        look(page, "docs-%s-%d".formatted(colors.name().toLowerCase(Locale.ROOT), width));
        page.context().close();
      }
    }
  }

  private static void look(Page page, String name) {
    Chromium.screenshot(page, name, name.startsWith("job"));
    assertThat(chromium.violations(page)).as(name).isEmpty();
    assertThat(page.evaluate("document.documentElement.scrollWidth - innerWidth"))
        .as("%s scrolls sideways", name)
        .isEqualTo(0);
  }
}
