package dev.holdfast.live;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Where a job stands among those that wait for a worker.
 *
 * @param position 1 for the next
 * @param estimate how long it will wait at the rate of the last minutes, or null if that is unknown
 */
public record Place(long position, @Nullable Duration estimate) {}
