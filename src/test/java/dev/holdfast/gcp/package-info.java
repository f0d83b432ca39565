/** Tests of the Google Cloud room, on Google's emulators. */
@NullMarked
package dev.holdfast.gcp;

import org.jspecify.annotations.NullMarked;
