package dev.holdfast.webhook;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What an operator says of webhooks.
 *
 * @param secrets none of them: no webhooks
 * @param allowed blocks of addresses that may be called though they are not public, with http too
 */
public record WebhookOptions(WebhookSecrets secrets, List<String> allowed) {

  public static final WebhookOptions OFF = new WebhookOptions(WebhookSecrets.NONE, List.of());

  public WebhookOptions {
    allowed = List.copyOf(allowed);
  }

  /** The blocks in a list with commas between; empty if any of them is none. */
  public static Optional<List<String>> blocks(String text) {
    List<String> blocks = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      if (!part.isBlank()) {
        if (Cidr.parse(part.strip()).isEmpty()) {
          return Optional.empty();
        }
        blocks.add(part.strip());
      }
    }
    return Optional.of(blocks);
  }

  AddressRules addressRules() {
    return new AddressRules(allowed.stream().map(Cidr::of).toList());
  }
}
