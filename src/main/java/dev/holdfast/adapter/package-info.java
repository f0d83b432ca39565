/**
 * What adapters of different vendors have in common: the form of stored documents, cursors and
 * keys, and the way back to a caller's Vert.x context. Knows only the ports.
 */
@NullMarked
package dev.holdfast.adapter;

import org.jspecify.annotations.NullMarked;
