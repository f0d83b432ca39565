/** Tests of the way out. */
@NullMarked
package dev.holdfast.shutdown;

import org.jspecify.annotations.NullMarked;
