/**
 * Every port of {@code dev.holdfast.job} on one machine and without a vendor: records, messages,
 * events and workers in one SQLite database, objects and inputs in files. Several processes of one
 * machine may share them.
 *
 * <p>Shows {@link dev.holdfast.embedded.Embedded} and nothing else; knows only the ports.
 */
@NullMarked
package dev.holdfast.embedded;

import org.jspecify.annotations.NullMarked;
