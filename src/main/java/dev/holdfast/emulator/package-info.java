/**
 * Stand-ins for Google Cloud on one machine, for tests and for people who try Holdfast out:
 * Google's own Pub/Sub and Firestore emulators as child processes, and an endpoint that speaks the
 * JSON API of Cloud Storage. Knows no other room.
 */
@NullMarked
package dev.holdfast.emulator;

import org.jspecify.annotations.NullMarked;
