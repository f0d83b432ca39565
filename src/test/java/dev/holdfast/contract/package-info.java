/** What every adapter of a port must do, written against the ports alone. */
@NullMarked
package dev.holdfast.contract;

import org.jspecify.annotations.NullMarked;
