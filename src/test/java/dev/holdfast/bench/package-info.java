/**
 * Measurements that anyone can repeat with {@code make bench}: what the full path costs over the
 * bare model, in one run, with the rounds of both interleaved.
 */
@NullMarked
package dev.holdfast.bench;

import org.jspecify.annotations.NullMarked;
