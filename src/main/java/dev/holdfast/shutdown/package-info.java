/**
 * The way out: one drain, whoever starts it, within one deadline.
 *
 * <p>Knows no sibling room. Whoever must leave in good order registers as a {@link Drainable}; who
 * knows beforehand that the machine will be taken away is an {@link EvictionNotice}.
 */
@NullMarked
package dev.holdfast.shutdown;

import org.jspecify.annotations.NullMarked;
