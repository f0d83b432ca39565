/**
 * Whether a process is well and what it counts, for whoever runs it. Knows no sibling room: what
 * "ready" means is handed in.
 */
@NullMarked
package dev.holdfast.health;

import org.jspecify.annotations.NullMarked;
