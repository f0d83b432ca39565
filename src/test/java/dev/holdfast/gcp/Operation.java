package dev.holdfast.gcp;

/** What a process does to Google Cloud, as far as it matters for the bill. */
enum Operation {
  RECORD_READ(Unit.DOCUMENTS_READ),
  RECORD_WRITTEN(Unit.DOCUMENTS_WRITTEN),
  RECORD_DELETED(Unit.DOCUMENTS_DELETED),
  /** A worker's report, which it makes on a timer. */
  ROSTER_READ(Unit.DOCUMENTS_READ),
  ROSTER_WRITTEN(Unit.DOCUMENTS_WRITTEN),
  /** A count of jobs that have not ended, billed as one read for each 1,000 of them. */
  COUNTED(Unit.DOCUMENTS_READ),
  /** A count that may pass every job that is kept, billed in the same way. */
  ENDED_COUNTED(Unit.DOCUMENTS_READ),
  /** A query without an answer is billed as one read. */
  QUERIED_IN_VAIN(Unit.DOCUMENTS_READ),
  PUBLISHED(Unit.MESSAGES),
  /** A job's message to a worker. */
  DELIVERED(Unit.MESSAGES),
  /** An event to any process; what a subscription's filter keeps away is billed, too. */
  HEARD(Unit.MESSAGES),
  /** A job's message, for good. */
  ACKNOWLEDGED(Unit.FREE),
  OBJECT_CREATED(Unit.CLASS_A),
  OBJECTS_LISTED(Unit.CLASS_A),
  OBJECT_READ(Unit.CLASS_B),
  /** A chunk of an upload that was counted at its start, an object deleted, an event settled. */
  UNBILLED(Unit.FREE),
  /** A call that no table knows. */
  OTHER(Unit.CLASS_A);

  private final Unit unit;

  Operation(Unit unit) {
    this.unit = unit;
  }

  Unit unit() {
    return unit;
  }
}
