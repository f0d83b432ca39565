/** What tests of several rooms share: a clock with movable hands, a scripted engine, worlds. */
@NullMarked
package dev.holdfast.world;

import org.jspecify.annotations.NullMarked;
