/** The management port over real HTTP. */
@NullMarked
package dev.holdfast.health;

import org.jspecify.annotations.NullMarked;
