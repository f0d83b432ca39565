package dev.holdfast.webhook;

import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Which URLs are taken at submit, and which addresses are called in the end. */
final class TargetRules {

  private final AddressRules addresses;

  TargetRules(AddressRules addresses) {
    this.addresses = addresses;
  }

  /**
   * Everything that can be said without asking for the name's addresses.
   *
   * @throws dev.holdfast.job.JobException with what is allowed
   */
  Target check(String url) {
    Target target = Target.parse(url);
    Optional<InetAddress> literal =
        target.isLocalhost() ? Optional.of(InetAddress.getLoopbackAddress()) : target.address();
    if (literal.isPresent()) {
      String why = addresses.refusal(literal.get());
      if (why != null) {
        throw Target.refused(
            "names an address that is %s; it must be public, or in HOLDFAST_WEBHOOK_ALLOW"
                .formatted(why));
      }
    }
    boolean httpMayBe =
        literal.isPresent() ? addresses.allowed(literal.get()) : addresses.anyAllowed();
    if (!target.tls() && !httpMayBe) {
      throw Target.refused(
          "must begin with https://; http:// is for addresses in HOLDFAST_WEBHOOK_ALLOW");
    }
    return target;
  }

  /**
   * Whether a target may be called at the addresses that its name has now. One that may not spoils
   * all: a name with a public and a private address is an attack or a mistake.
   *
   * @return in words why not, or null; it names no address, since it is shown to the client
   */
  @Nullable String refusal(Target target, List<InetAddress> found) {
    for (InetAddress address : found) {
      String why = addresses.refusal(address);
      if (why != null) {
        return "the host's address is %s, which is not called".formatted(why);
      }
      if (!target.tls() && !addresses.allowed(address)) {
        return "the host's address is public, where only https:// is called";
      }
    }
    return null;
  }
}
