/**
 * Every port of {@code dev.holdfast.job} on Google Cloud: messages and events on Pub/Sub, records
 * and workers in Firestore, objects and inputs in Cloud Storage. The only room that knows {@code
 * com.google.*}; shows {@link dev.holdfast.gcp.Gcp}, its options and its set-up.
 */
@NullMarked
package dev.holdfast.gcp;

import org.jspecify.annotations.NullMarked;
