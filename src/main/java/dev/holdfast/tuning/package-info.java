/**
 * Finds out how a model is best run on the machine at hand: how many batches at once, how large,
 * and how long an item waits for company.
 *
 * <p>{@link dev.holdfast.tuning.TunedEngine} stands before another engine and measures what a
 * model's declaration leaves open, once for each model and machine. {@code bench} asks the same
 * {@link dev.holdfast.tuning.LimitSearch} for people. It knows the worker's port and no engine.
 */
@NullMarked
package dev.holdfast.tuning;

import org.jspecify.annotations.NullMarked;
