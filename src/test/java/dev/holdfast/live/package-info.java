/** Tests of the live room. */
@NullMarked
package dev.holdfast.live;

import org.jspecify.annotations.NullMarked;
