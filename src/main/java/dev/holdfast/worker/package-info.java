/**
 * The middle: pulls jobs, keeps their leases, infers in micro-batches, writes parts and moves the
 * checkpoint.
 *
 * <p>Knows {@code job} and {@code shutdown} and declares the port {@link InferenceEngine}; it knows
 * no inference library. {@code JobRunner} is the only caller of {@code Delivery.ack}.
 */
@NullMarked
package dev.holdfast.worker;

import org.jspecify.annotations.NullMarked;
