package dev.holdfast.webhook;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A block of addresses, such as {@code 10.0.0.0/8} or {@code fd00::/8}.
 *
 * @param bits how many leading bits of {@code base} count; the others are zero
 */
record Cidr(InetAddress base, int bits) {

  private static final Pattern IPV4 =
      Pattern.compile("(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\\.(?!$)|$)){4}");

  private static final Pattern IPV6 = Pattern.compile("[0-9A-Fa-f:.]{2,45}");

  /** A block that is known to be well-formed. */
  static Cidr of(String text) {
    return parse(text)
        .orElseThrow(() -> new IllegalArgumentException("not a block of addresses: " + text));
  }

  /** The block that is spelt, a single address among them; empty if it is none. */
  static Optional<Cidr> parse(String text) {
    int slash = text.indexOf('/');
    Optional<InetAddress> base = address(slash < 0 ? text : text.substring(0, slash));
    if (base.isEmpty()) {
      return Optional.empty();
    }
    int width = base.get().getAddress().length * 8;
    String length = slash < 0 ? Integer.toString(width) : text.substring(slash + 1);
    if (!length.matches("[0-9]{1,3}") || Integer.parseInt(length) > width) {
      return Optional.empty();
    }
    Cidr block = new Cidr(base.get(), Integer.parseInt(length));
    return block.restIsZero() ? Optional.of(block) : Optional.empty();
  }

  /** The address that is spelt in the usual way, never by asking anybody. */
  static Optional<InetAddress> address(String text) {
    boolean usual =
        text.indexOf(':') >= 0 ? IPV6.matcher(text).matches() : IPV4.matcher(text).matches();
    if (!usual) {
      return Optional.empty();
    }
    try {
      return Optional.of(InetAddress.getByName(text));
    } catch (UnknownHostException e) {
      return Optional.empty();
    }
  }

  boolean contains(InetAddress address) {
    byte[] own = base.getAddress();
    byte[] other = address.getAddress();
    if (own.length != other.length) {
      return false;
    }
    for (int bit = 0; bit < bits; bit++) {
      if (bit(own, bit) != bit(other, bit)) {
        return false;
      }
    }
    return true;
  }

  private boolean restIsZero() {
    byte[] own = base.getAddress();
    for (int bit = bits; bit < own.length * 8; bit++) {
      if (bit(own, bit) != 0) {
        return false;
      }
    }
    return true;
  }

  private static int bit(byte[] bytes, int bit) {
    return (bytes[bit / 8] >> (7 - bit % 8)) & 1;
  }
}
