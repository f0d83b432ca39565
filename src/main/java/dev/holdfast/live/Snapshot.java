package dev.holdfast.live;

import dev.holdfast.job.Job;
import org.jspecify.annotations.Nullable;

/**
 * A record as it was read, with what the record itself cannot say.
 *
 * @param place where it stands among those that wait, or null if it does not wait or nobody knows
 */
public record Snapshot(Job job, @Nullable Place place) {}
