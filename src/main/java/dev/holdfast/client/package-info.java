/**
 * The other end of the wire: the verbs that submit jobs, watch them and fetch their results.
 *
 * <p>Knows the server by its HTTP contract alone and imports no sibling room, so nothing here works
 * only because client and server share code. Whatever the server says is checked before it is used.
 */
@NullMarked
package dev.holdfast.client;

import org.jspecify.annotations.NullMarked;
