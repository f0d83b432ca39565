/** Spans on their way out of the process. */
@NullMarked
package dev.holdfast.telemetry;

import org.jspecify.annotations.NullMarked;
