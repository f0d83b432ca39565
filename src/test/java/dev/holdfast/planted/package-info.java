/** A house in miniature that breaks each rule of {@code ArchitectureTest} at least once. */
@NullMarked
package dev.holdfast.planted;

import org.jspecify.annotations.NullMarked;
