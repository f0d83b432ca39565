package dev.holdfast.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.holdfast.job.JobError;
import dev.holdfast.job.JobException;
import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TargetRulesTest {

  private static final TargetRules PUBLIC = new TargetRules(new AddressRules(List.of()));
  private static final TargetRules LOOPBACK =
      new TargetRules(new AddressRules(List.of(Cidr.of("127.0.0.0/8"))));

  private static String refusal(TargetRules rules, String url) {
    JobException refused = catchThrowableOfType(JobException.class, () -> rules.check(url));
    assertThat(refused).as(url).isNotNull();
    assertThat(refused.error()).isEqualTo(JobError.WEBHOOK_REFUSED);
    return refused.explanation();
  }

  private static InetAddress address(String text) {
    return Cidr.address(text).orElseThrow();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "https://example.com | true | example.com | 443 | /",
        "https://Example.COM./a/b?c=d%20e | true | example.com | 443 | /a/b?c=d%20e",
        "HTTPS://example.com:8443/hook | true | example.com | 8443 | /hook",
        "https://1.1.1.1:443 | true | 1.1.1.1 | 443 | /",
        "https://[2606:4700::1]:1024/x | true | 2606:4700::1 | 1024 | /x",
        "https://xn--bcher-kva.example?q | true | xn--bcher-kva.example | 443 | /?q",
        "https://a-b.c1.example/%2e%2e/ | true | a-b.c1.example | 443 | /%2e%2e/"
      })
  void aGoodUrlIsTakenApart(String url, boolean tls, String host, int port, String uri) {
    assertThat(PUBLIC.check(url)).isEqualTo(new Target(tls, host, port, uri));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ftp://example.com | must begin with https://",
        "//example.com/x | must begin with https://",
        "example.com | must begin with https://",
        "javascript:alert(1) | must begin with https://",
        "http://example.com | must begin with https://; http://",
        "https:///path | host name",
        "https:// | is not a URL",
        "https://exa mple.com | is not a URL",
        "https://example.com\\@evil.example | is not a URL",
        "https://user@example.com | user name or a password",
        "https://user:pw@example.com | user name or a password",
        "https://example.com/#part | fragment",
        "https://example.com:22/ | port 22; allowed are 80, 443 and 1024 to 65535",
        "https://example.com:0/ | port 0",
        "https://example.com:65536/ | port 65536",
        "https://bücher.example/ | ASCII",
        "https://a_b.example/ | host name",
        "https://2130706433/ | four decimal numbers",
        "https://0x7f.1/ | or an address",
        "https://0x7f000001/ | four decimal numbers",
        "https://127.1/ | or an address",
        "https://0177.0.0.1/ | four decimal numbers",
        "https://127.0.0.1.:8443/ | or an address",
        "https://127.0.0.1/ | of the machine itself",
        "https://localhost/ | of the machine itself",
        "https://LOCALHOST./ | of the machine itself",
        "https://hooks.localhost/ | of the machine itself",
        "https://[::1]/ | of the machine itself",
        "https://[::ffff:10.0.0.1]/ | private",
        "https://[fe80::1%25eth0]/ | usual way",
        "https://169.254.169.254/latest/meta-data | metadata",
        "https://[fd00:ec2::254]/ | metadata",
        "https://10.0.0.1/ | HOLDFAST_WEBHOOK_ALLOW"
      })
  void aBadUrlIsRefusedAndSaidWhy(String url, String why) {
    assertThat(refusal(PUBLIC, url)).startsWith("the webhook's URL ").contains(why);
  }

  @Test
  void aLongUrlIsRefused() {
    String url = "https://example.com/" + "x".repeat(2_028);
    assertThat(url).hasSize(2_048);
    PUBLIC.check(url);
    assertThat(refusal(PUBLIC, url + "x")).contains("at most 2048 characters");
    assertThat(refusal(PUBLIC, "https://" + "a.".repeat(130) + "example/")).contains("host name");
  }

  @Test
  void httpIsForWhatTheOperatorAllows() {
    LOOPBACK.check("http://127.0.0.1:8080/");
    LOOPBACK.check("http://localhost:8080/");
    LOOPBACK.check("http://receiver.internal:8080/");
    assertThat(refusal(LOOPBACK, "http://8.8.8.8/")).contains("must begin with https://");
    assertThat(refusal(LOOPBACK, "https://10.0.0.1/")).contains("private");
  }

  @Test
  void oneAddressThatIsNotPublicSpoilsAll() {
    Target target = PUBLIC.check("https://example.com/");
    List<InetAddress> good = List.of(address("1.1.1.1"), address("2606:4700::1"));
    List<InetAddress> mixed = List.of(address("1.1.1.1"), address("192.168.0.1"));
    assertThat(PUBLIC.refusal(target, good)).isNull();
    assertThat(PUBLIC.refusal(target, mixed)).contains("private").doesNotContain("192.168");
  }

  @Test
  void overHttpAPublicAddressIsNotCalled() {
    Target target = LOOPBACK.check("http://receiver.internal/");
    assertThat(LOOPBACK.refusal(target, List.of(address("1.1.1.1")))).contains("https://");
    assertThat(LOOPBACK.refusal(target, List.of(address("127.0.0.9")))).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"https://7.example", "https://0x.example", "https://1.2.3.example"})
  void namesMayHaveNumbersInFront(String url) {
    PUBLIC.check(url);
  }
}
