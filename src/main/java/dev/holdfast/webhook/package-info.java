/**
 * The way out to whoever wants to be told: signed HTTP calls when a job ends, as the Standard
 * Webhooks specification has them, to public addresses only.
 *
 * <p>Knows the job room and the adapters' bounded threads. What a call says is handed in by the
 * root, since it is what the api would answer.
 */
@NullMarked
package dev.holdfast.webhook;

import org.jspecify.annotations.NullMarked;
