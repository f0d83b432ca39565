/**
 * Live news of jobs: from events, which may be lost, late or double, to snapshots of the record in
 * the order of their versions, and on to subscribers of any speed.
 *
 * <p>Knows the job room and nothing else of Holdfast: no HTTP. Everything in it belongs to one
 * context and is not thread-safe, unless it says otherwise.
 */
@NullMarked
package dev.holdfast.live;

import org.jspecify.annotations.NullMarked;
