/**
 * What is deployed: rendered, checked against schemas, and held to our rules. Nothing here has a
 * cluster.
 */
@NullMarked
package dev.holdfast.deploy;

import org.jspecify.annotations.NullMarked;
