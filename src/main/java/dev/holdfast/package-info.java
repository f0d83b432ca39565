/** The composition root: the only place that knows every room. */
@NullMarked
package dev.holdfast;

import org.jspecify.annotations.NullMarked;
