package dev.holdfast.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.options.ColorScheme;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The machine's Chromium, steered by Playwright; its pages keep what they complained of. */
final class Chromium implements AutoCloseable {

  private static final Path SCREENSHOTS = Path.of("target", "screenshots");
  private static final double WAIT_MAX_MS = 30_000;
  private static final List<String> NAMES =
      List.of("chromium", "chromium-browser", "google-chrome");

  private final Playwright playwright;
  private final Browser browser;
  private final String axe;
  private final List<String> complaints = new ArrayList<>();

  Chromium() throws IOException {
    playwright =
        Playwright.create(
            new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
    browser =
        playwright
            .chromium()
            .launch(
                new BrowserType.LaunchOptions()
                    .setExecutablePath(executable())
                    // a container's root has no sandbox; only our own pages are opened
                    .setArgs(List.of("--no-sandbox", "--disable-dev-shm-usage")));
    try (InputStream in = Chromium.class.getResourceAsStream("/axe.min.js")) {
      assertThat(in).isNotNull();
      axe = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static Path executable() {
    return Stream.of(System.getenv("PATH").split(":", -1))
        .flatMap(directory -> NAMES.stream().map(name -> Path.of(directory, name)))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow(() -> new AssertionError("there is none of %s on the PATH".formatted(NAMES)));
  }

  /** An empty page with a profile of its own. */
  Page page(int width, int height, ColorScheme colors) {
    BrowserContext context =
        browser.newContext(
            new Browser.NewContextOptions()
                .setViewportSize(width, height)
                .setColorScheme(colors)
                .setLocale("en-GB")
                .setTimezoneId("UTC"));
    Page page = context.newPage();
    page.setDefaultTimeout(WAIT_MAX_MS);
    page.onPageError(complaints::add);
    page.onConsoleMessage(
        message -> {
          if (message.type().equals("error") && !message.text().startsWith("Failed to load")) {
            complaints.add(message.text());
          }
        });
    return page;
  }

  /**
   * What scripts and the Content-Security-Policy complained of; requests that failed are left out.
   */
  List<String> complaints() {
    return complaints;
  }

  /** A picture for people to look at. */
  static void screenshot(Page page, String name, boolean whole) {
    page.screenshot(
        new Page.ScreenshotOptions()
            .setPath(SCREENSHOTS.resolve(name + ".png"))
            .setFullPage(whole));
  }

  /** What the accessibility rules of axe-core find that is at least serious, one line each. */
  @SuppressWarnings("unchecked")
  List<String> violations(Page page) {
    page.evaluate(axe);
    return (List<String>)
        page.evaluate(
            """
            async () => (await axe.run(document, {resultTypes: ['violations']})).violations
              .filter(v => ['serious', 'critical'].includes(v.impact))
              .flatMap(v => v.nodes.map(n => `${v.id}: ${n.target} ${n.failureSummary}`))""");
  }

  @Override
  public void close() {
    browser.close();
    playwright.close();
  }
}
