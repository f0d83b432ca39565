package dev.holdfast.gcp;

/**
 * What Google Cloud counts on its bill. Prices are list prices in US dollars beyond the free quota,
 * as the pages named here had them in the copies that were read on 2026-11-21; they change, and
 * regions differ.
 */
enum Unit {

  /** Multi-region; a single region has its own price. cloud.google.com/firestore/pricing */
  DOCUMENTS_READ("documents read", 0.06 / 100_000),

  /** As above. */
  DOCUMENTS_WRITTEN("written", 0.18 / 100_000),

  /** As above. */
  DOCUMENTS_DELETED("deleted", 0.02 / 100_000),

  /**
   * Message delivery, $40 per TiB, for publishing and for pulling. A request counts as 1,000 bytes
   * at least, and no message of ours is larger, so this is the price of one that shares its request
   * with no other. cloud.google.com/pubsub/pricing
   */
  MESSAGES("messages", 40.0 / (1L << 40) * Unit.REQUEST_BYTES_MIN),

  /** Creates and lists, in one region. cloud.google.com/storage/pricing-examples */
  CLASS_A("class A", 0.005 / 1_000),

  /** Reads of objects and of their metadata; as above. */
  CLASS_B("class B", 0.0004 / 1_000),

  /** Acknowledgements, extended leases, objects deleted. */
  FREE("free", 0);

  /** The least that a request to Pub/Sub is billed for. cloud.google.com/pubsub/pricing */
  static final int REQUEST_BYTES_MIN = 1_000;

  private final String title;
  private final double dollars;

  Unit(String title, double dollars) {
    this.title = title;
    this.dollars = dollars;
  }

  String title() {
    return title;
  }

  /** The price of one. */
  double dollars() {
    return dollars;
  }
}
