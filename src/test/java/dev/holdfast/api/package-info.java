/** The api over real HTTP, on the embedded adapters. */
@NullMarked
package dev.holdfast.api;

import org.jspecify.annotations.NullMarked;
