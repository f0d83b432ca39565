/** Tests of the stand-ins for Google Cloud. */
@NullMarked
package dev.holdfast.emulator;

import org.jspecify.annotations.NullMarked;
