package dev.holdfast.console;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The pages at {@code /} and {@code /docs} and their files under {@code /console/}, held in memory.
 * Only the paths that are listed exist, so no path leads out of them. Immutable; safe for use by
 * many threads.
 *
 * <p>Files are revalidated by their ETag at each use rather than kept for long under a name with a
 * hash: behind one address there may be replicas of two releases, and neither then asks the other
 * for a name that it does not have.
 */
public final class Console {

  /** What the pages may load: their own files and the API, and nothing written into the page. */
  static final String CONTENT_SECURITY_POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
          + "img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'none'; "
          + "frame-ancestors 'none'";

  private static final String CACHE_CONTROL = "no-cache";
  private static final int ETAG_CHARS = 32;

  private static final Map<String, String> MEDIA_TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "svg", "image/svg+xml");

  private final Map<String, Asset> assets;

  private record Asset(String mediaType, String etag, Buffer bytes) {}

  private Console(Map<String, Asset> assets) {
    this.assets = assets;
  }

  /**
   * Reads the files from the class path. Blocks.
   *
   * @throws UncheckedIOException if one is missing: the jar is damaged
   */
  public static Console load() {
    Map<String, Asset> assets = new LinkedHashMap<>();
    try {
      for (String name : new String(bytes("files.txt"), StandardCharsets.UTF_8).lines().toList()) {
        assets.put("/console/" + name, asset(name));
      }
      assets.put("/", asset("index.html"));
      assets.put("/docs", asset("docs.html"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Console(assets);
  }

  private static Asset asset(String name) throws IOException {
    byte[] bytes = bytes(name);
    String type = MEDIA_TYPES.get(name.substring(name.lastIndexOf('.') + 1));
    if (type == null) {
      throw new IOException("nobody knows the media type of the console's file " + name);
    }
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
      String etag = '"' + HexFormat.of().formatHex(digest).substring(0, ETAG_CHARS) + '"';
      return new Asset(type, etag, Buffer.buffer(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static byte[] bytes(String name) throws IOException {
    try (InputStream in = Console.class.getResourceAsStream("/console/" + name)) {
      if (in == null) {
        throw new IOException("the console's file is missing from the class path: " + name);
      }
      return in.readAllBytes();
    }
  }

  /** Puts the pages beside the router's own routes; what they do not have stays the router's. */
  public void mount(Router router) {
    assets.forEach(
        (path, asset) -> {
          router.route(HttpMethod.GET, path).handler(rc -> serve(rc, asset));
          router.route(HttpMethod.HEAD, path).handler(rc -> serve(rc, asset));
        });
  }

  private static void serve(RoutingContext rc, Asset asset) {
    HttpServerResponse response = rc.response();
    response
        .putHeader("Cache-Control", CACHE_CONTROL)
        .putHeader("ETag", asset.etag())
        .putHeader("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        .putHeader("X-Content-Type-Options", "nosniff")
        .putHeader("Referrer-Policy", "no-referrer")
        .putHeader("Cross-Origin-Opener-Policy", "same-origin");
    if (rc.isFresh()) {
      response.setStatusCode(304).end();
      return;
    }
    response.putHeader("Content-Type", asset.mediaType());
    if (rc.request().method().equals(HttpMethod.HEAD)) {
      response.putHeader("Content-Length", Integer.toString(asset.bytes().length())).end();
    } else {
      response.end(asset.bytes());
    }
  }
}
