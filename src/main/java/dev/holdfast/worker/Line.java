package dev.holdfast.worker;

import dev.holdfast.job.JobException;
import org.jspecify.annotations.Nullable;

/**
 * One line of a job's input: an item, or the reason why it cannot be one.
 *
 * @param index of the item in the job, from 0
 * @param number of the line in the input, from 1; blank lines count here and not in the index
 * @param endOffset the byte after the line
 * @param text the line without its end, or null if there is a problem
 */
record Line(
    long index,
    long number,
    long endOffset,
    @Nullable String text,
    @Nullable JobException problem) {}
