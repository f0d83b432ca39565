package dev.holdfast.webhook;

import dev.holdfast.job.JobError;
import dev.holdfast.job.JobException;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A URL that a client named, taken apart.
 *
 * @param host in lower case, without the brackets of an address and without a final dot
 * @param uri path and query as they were sent
 */
record Target(boolean tls, String host, int port, String uri) {

  static final int URL_CHARS_MAX = 2_048;
  private static final int HOST_CHARS_MAX = 253;
  private static final int HTTP_PORT = 80;
  private static final int HTTPS_PORT = 443;

  /** Below are other services' own ports, which a URL must not be able to talk to. */
  private static final int FREE_PORTS_FROM = 1_024;

  private static final int PORT_MAX = 65_535;

  private static final Pattern NAME =
      Pattern.compile(
          "(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?");

  /** What some resolvers take for an IPv4 address: 127.1, 2130706433, 0x7f.1, 0177.0.0.1. */
  private static final Pattern ENDS_IN_A_NUMBER =
      Pattern.compile("(?:.*\\.)?(?:[0-9]+|0x[0-9a-f]*)");

  /**
   * Takes a URL apart.
   *
   * @throws JobException with what is allowed
   */
  static Target parse(String url) {
    if (url.length() > URL_CHARS_MAX) {
      throw refused("must have at most %d characters".formatted(URL_CHARS_MAX));
    }
    URI parsed;
    try {
      parsed = new URI(url);
    } catch (URISyntaxException e) {
      throw refused("is not a URL: " + e.getReason().toLowerCase(Locale.ROOT));
    }
    String scheme = parsed.getScheme() == null ? "" : parsed.getScheme().toLowerCase(Locale.ROOT);
    if (!scheme.equals("https") && !scheme.equals("http")) {
      throw refused("must begin with https://");
    }
    if (parsed.getRawUserInfo() != null) {
      throw refused("must not carry a user name or a password; the signature tells who calls");
    }
    if (parsed.getRawFragment() != null) {
      throw refused("must not have a fragment (#...), which is never sent");
    }
    if (parsed.getHost() == null || !ascii(url)) {
      throw refused("must have a host name of ASCII letters, digits and dashes, or an address");
    }
    boolean tls = scheme.equals("https");
    String path = parsed.getRawPath().isEmpty() ? "/" : parsed.getRawPath();
    String query = parsed.getRawQuery() == null ? "" : "?" + parsed.getRawQuery();
    return new Target(tls, host(parsed.getHost()), port(parsed, tls), path + query);
  }

  private static boolean ascii(String url) {
    return url.chars().allMatch(c -> c > ' ' && c <= '~');
  }

  private static int port(URI parsed, boolean tls) {
    int port = parsed.getPort();
    if (port == -1) {
      return tls ? HTTPS_PORT : HTTP_PORT;
    }
    boolean usual = port == HTTP_PORT || port == HTTPS_PORT;
    if (!usual && (port < FREE_PORTS_FROM || port > PORT_MAX)) {
      throw refused(
          "has port %d; allowed are %d, %d and %d to %d"
              .formatted(port, HTTP_PORT, HTTPS_PORT, FREE_PORTS_FROM, PORT_MAX));
    }
    return port;
  }

  private static String host(String raw) {
    String lower = raw.toLowerCase(Locale.ROOT);
    if (lower.startsWith("[")) {
      String address = lower.substring(1, lower.length() - 1);
      if (Cidr.address(address).isEmpty()) {
        throw refused("has an IPv6 address that is not written in the usual way");
      }
      return address;
    }
    String host = lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
    if (Cidr.address(host).isPresent()) {
      return host;
    }
    if (ENDS_IN_A_NUMBER.matcher(host).matches()) {
      throw refused("has an IPv4 address that is not written as four decimal numbers");
    }
    if (host.length() > HOST_CHARS_MAX || !NAME.matcher(host).matches()) {
      throw refused("must have a host name of ASCII letters, digits and dashes, or an address");
    }
    return host;
  }

  static JobException refused(String why) {
    return JobError.WEBHOOK_REFUSED.because("the webhook's URL " + why);
  }

  /** The address, if the host is one rather than a name. */
  Optional<InetAddress> address() {
    return Cidr.address(host);
  }

  /** Whether the name stands for the machine itself, as RFC 6761 has it. */
  boolean isLocalhost() {
    return host.equals("localhost") || host.endsWith(".localhost");
  }

  /** As it appears in the Host header and the TLS handshake. */
  String authorityHost() {
    return host.indexOf(':') >= 0 ? "[" + host + "]" : host;
  }
}
