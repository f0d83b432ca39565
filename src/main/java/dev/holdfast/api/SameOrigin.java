package dev.holdfast.api;

import dev.holdfast.job.JobError;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.util.Locale;
import java.util.Set;

/**
 * Keeps the pages of other sites from acting through a visitor's browser. A browser names the page
 * that asks in {@code Sec-Fetch-Site} (Fetch Metadata) or {@code Origin} (Fetch standard); programs
 * send neither and are let through. Answers carry no CORS headers, so nothing can be read either.
 */
final class SameOrigin {

  private static final Set<HttpMethod> SAFE = Set.of(HttpMethod.GET, HttpMethod.HEAD);
  private static final Set<String> OWN_SITES = Set.of("same-origin", "none");

  private SameOrigin() {}

  /**
   * @throws Refusal if a page of another site wants to change something
   */
  static void check(HttpServerRequest request) {
    if (SAFE.contains(request.method())) {
      return;
    }
    String site = request.getHeader("Sec-Fetch-Site");
    String origin = request.getHeader("Origin");
    if ((site != null && !OWN_SITES.contains(site.toLowerCase(Locale.ROOT)))
        || (origin != null && !Upgrade.sameSite(origin, request.getHeader("Host")))) {
      throw new Refusal(
          JobError.ORIGIN_NOT_ALLOWED,
          "a page of another site may not do this: only Holdfast's own pages and programs may");
    }
  }
}
