/**
 * Traces for whoever collects them: the only room that knows OpenTelemetry, as one implementation
 * of {@code job}'s port.
 */
@NullMarked
package dev.holdfast.telemetry;

import org.jspecify.annotations.NullMarked;
