package dev.holdfast.webhook;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which addresses may be called: those that anybody on the Internet could call as well, and those
 * that the operator allows.
 *
 * <p>What is not public is taken from the IANA IPv4 and IPv6 Special-Purpose Address Registries
 * (RFC 6890 and its successors) and the multicast registries. Of IPv6 only global unicast,
 * 2000::/3, is public at all. An address that stands for an IPv4 address (NAT64, RFC 6052; 6to4,
 * RFC 3056) is judged by that one.
 */
final class AddressRules {

  private static final Map<Cidr, String> NOT_PUBLIC = new LinkedHashMap<>();

  static {
    put("0.0.0.0/8", "of this network");
    put("10.0.0.0/8", "private");
    put("100.64.0.0/10", "shared by a carrier's customers");
    put("127.0.0.0/8", "of the machine itself");
    put("169.254.0.0/16", "link-local");
    put("172.16.0.0/12", "private");
    put("192.0.0.0/24", "reserved for protocols");
    put("192.0.2.0/24", "for documentation");
    put("192.88.99.0/24", "of a 6to4 relay");
    put("192.168.0.0/16", "private");
    put("198.18.0.0/15", "for benchmarks");
    put("198.51.100.0/24", "for documentation");
    put("203.0.113.0/24", "for documentation");
    put("224.0.0.0/4", "multicast");
    put("240.0.0.0/4", "reserved");
    put("::/128", "unspecified");
    put("::1/128", "of the machine itself");
    put("64:ff9b:1::/48", "a private translation");
    put("2001::/23", "reserved for protocols");
    put("2001:db8::/32", "for documentation");
    put("3fff::/20", "for documentation");
    put("fc00::/7", "unique-local");
    put("fe80::/10", "link-local");
    put("fec0::/10", "site-local");
    put("ff00::/8", "multicast");
  }

  private static void put(String block, String meaning) {
    NOT_PUBLIC.put(Cidr.of(block), meaning);
  }

  private static final Cidr GLOBAL_UNICAST = Cidr.of("2000::/3");

  /** The first bytes of addresses that stand for an IPv4 address, which begins at an offset. */
  private static final Map<Cidr, Integer> EMBEDS =
      Map.of(Cidr.of("64:ff9b::/96"), 12, Cidr.of("2002::/16"), 2);

  /**
   * Where clouds tell a machine its credentials. Not even an operator's allowance opens them: it
   * would be a block that was meant for something else.
   *
   * <p>From the documentation of AWS (instance, ECS task and EKS pod metadata), Google Cloud, Azure
   * (WireServer, which is in a public block) and Alibaba Cloud.
   */
  private static final List<Cidr> METADATA =
      List.of(
          Cidr.of("169.254.169.254"),
          Cidr.of("169.254.170.2"),
          Cidr.of("169.254.170.23"),
          Cidr.of("168.63.129.16"),
          Cidr.of("100.100.100.200"),
          Cidr.of("fd00:ec2::254"),
          Cidr.of("fd00:ec2::23"),
          Cidr.of("fd20:ce::254"));

  private final List<Cidr> allowed;

  AddressRules(List<Cidr> allowed) {
    this.allowed = List.copyOf(allowed);
  }

  /** Whether the operator has named it. */
  boolean allowed(InetAddress address) {
    InetAddress meant = meant(address);
    return allowed.stream().anyMatch(block -> block.contains(meant)) && !metadata(meant);
  }

  boolean anyAllowed() {
    return !allowed.isEmpty();
  }

  /** Why an address must not be called, in words after "is"; null if it may be. */
  @Nullable String refusal(InetAddress address) {
    InetAddress meant = meant(address);
    if (metadata(meant)) {
      return "a cloud's metadata server";
    }
    if (allowed(meant)) {
      return null;
    }
    for (Map.Entry<Cidr, String> block : NOT_PUBLIC.entrySet()) {
      if (block.getKey().contains(meant)) {
        return block.getValue();
      }
    }
    return meant instanceof Inet6Address && !GLOBAL_UNICAST.contains(meant)
        ? "not global unicast"
        : null;
  }

  private static boolean metadata(InetAddress address) {
    return METADATA.stream().anyMatch(block -> block.contains(address));
  }

  /** The IPv4 address that an IPv6 address stands for, or the address itself. */
  private static InetAddress meant(InetAddress address) {
    byte[] bytes = address.getAddress();
    for (Map.Entry<Cidr, Integer> form : EMBEDS.entrySet()) {
      if (form.getKey().contains(address)) {
        return ofBytes(Arrays.copyOfRange(bytes, form.getValue(), form.getValue() + 4));
      }
    }
    // an IPv4-mapped address becomes the IPv4 address here
    return ofBytes(bytes);
  }

  private static InetAddress ofBytes(byte[] bytes) {
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("4 or 16 bytes are an address", e);
    }
  }
}
