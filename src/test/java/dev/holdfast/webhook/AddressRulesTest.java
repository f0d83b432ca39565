package dev.holdfast.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressRulesTest {

  private static final AddressRules RULES = new AddressRules(List.of());

  private static AddressRules allowing(String... blocks) {
    return new AddressRules(List.of(blocks).stream().map(Cidr::of).toList());
  }

  private static InetAddress address(String text) {
    return Cidr.address(text).orElseThrow();
  }

  @ParameterizedTest
  @CsvSource({
    "0.0.0.0, of this network",
    "0.255.255.255, of this network",
    "10.0.0.1, private",
    "10.255.255.255, private",
    "100.64.0.1, shared by a carrier's customers",
    "100.127.255.255, shared by a carrier's customers",
    "127.0.0.1, of the machine itself",
    "127.255.255.254, of the machine itself",
    "169.254.1.1, link-local",
    "169.254.169.254, a cloud's metadata server",
    "168.63.129.16, a cloud's metadata server",
    "172.16.0.1, private",
    "172.31.255.255, private",
    "192.0.0.8, reserved for protocols",
    "192.0.2.1, for documentation",
    "192.88.99.1, of a 6to4 relay",
    "192.168.0.1, private",
    "198.18.0.1, for benchmarks",
    "198.19.255.255, for benchmarks",
    "198.51.100.1, for documentation",
    "203.0.113.1, for documentation",
    "224.0.0.1, multicast",
    "239.255.255.255, multicast",
    "240.0.0.1, reserved",
    "255.255.255.255, reserved",
    "::, unspecified",
    "::1, of the machine itself",
    "::ffff:127.0.0.1, of the machine itself",
    "::ffff:a9fe:a9fe, a cloud's metadata server",
    "::127.0.0.1, not global unicast",
    "::8.8.8.8, not global unicast",
    "64:ff9b::10.0.0.1, private",
    "64:ff9b::a9fe:a9fe, a cloud's metadata server",
    "64:ff9b:1::1, a private translation",
    "100::1, not global unicast",
    "2001::1, reserved for protocols",
    "2001:2::1, reserved for protocols",
    "2001:db8::1, for documentation",
    "2002:7f00:1::, of the machine itself",
    "2002:c0a8:101::1, private",
    "3fff::1, for documentation",
    "5f00::1, not global unicast",
    "fc00::1, unique-local",
    "fd00:ec2::254, a cloud's metadata server",
    "fdff::1, unique-local",
    "fe80::1, link-local",
    "fec0::1, site-local",
    "ff02::1, multicast"
  })
  void whatIsNotPublicIsRefusedAndSaidWhy(String address, String why) {
    assertThat(RULES.refusal(address(address))).isEqualTo(why);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.1",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2606:4700:4700::1111",
        "2001:4860:4860::8888",
        "2a00:1450::1",
        "64:ff9b::8.8.8.8",
        "2002:808:808::1",
        "::ffff:8.8.8.8"
      })
  void whatIsPublicIsNot(String address) {
    assertThat(RULES.refusal(address(address))).isNull();
  }

  @Test
  void theOperatorsBlocksAreOpenAndNothingBeside() {
    AddressRules rules = allowing("10.1.0.0/16", "127.0.0.1", "fd12::/16");
    assertThat(rules.refusal(address("10.1.255.255"))).isNull();
    assertThat(rules.refusal(address("::ffff:10.1.2.3"))).isNull();
    assertThat(rules.refusal(address("10.2.0.0"))).isNotNull();
    assertThat(rules.refusal(address("127.0.0.1"))).isNull();
    assertThat(rules.refusal(address("127.0.0.2"))).isNotNull();
    assertThat(rules.refusal(address("fd12::1"))).isNull();
    assertThat(rules.refusal(address("fd13::1"))).isNotNull();
    assertThat(rules.allowed(address("8.8.8.8"))).isFalse();
  }

  @Test
  void noBlockIsWideEnoughForAMetadataServer() {
    AddressRules rules = allowing("0.0.0.0/0", "::/0");
    for (String server : List.of("169.254.169.254", "fd00:ec2::254", "100.100.100.200")) {
      assertThat(rules.refusal(address(server))).isEqualTo("a cloud's metadata server");
      assertThat(rules.allowed(address(server))).isFalse();
    }
    assertThat(rules.refusal(address("192.168.1.1"))).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "10.0.0.0/33",
        "10.0.0.1/8",
        "10.0.0.0/-1",
        "10.0.0.0/",
        "10.0.0/8",
        "010.0.0.0/8",
        "256.0.0.0",
        "1.2.3.4.",
        "localhost",
        "fe80::1%eth0",
        "::/129",
        ":",
        "1::2::3",
        "0x7f000001"
      })
  void whatIsNoBlockIsNotRead(String text) {
    assertThat(Cidr.parse(text)).isEmpty();
  }

  @Test
  void aMappedAddressIsTheAddressThatItMaps() {
    assertThat(address("::ffff:1.2.3.4")).isInstanceOf(Inet4Address.class);
  }
}
