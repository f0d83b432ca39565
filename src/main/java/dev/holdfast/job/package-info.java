/**
 * What a job is: its record, the rules of its life, the way in, and the ports every room shares.
 *
 * <p>Knows no sibling room, no HTTP, no broker and no database. May import only {@code java.*},
 * {@code io.vertx.core.Future}, {@code Promise}, {@code Buffer} and the JSON types.
 */
@NullMarked
package dev.holdfast.job;

import org.jspecify.annotations.NullMarked;
