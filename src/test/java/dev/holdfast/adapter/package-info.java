/** Tests of what adapters share. */
@NullMarked
package dev.holdfast.adapter;

import org.jspecify.annotations.NullMarked;
