/**
 * The way in and back: HTTP. A request is checked against the contract, {@code openapi.yaml}, which
 * also drives the router; what it asks for is done through the ports of the job room.
 *
 * <p>Knows the job room and the live room and nothing else of Holdfast: no broker, no database, no
 * model.
 */
@NullMarked
package dev.holdfast.api;

import org.jspecify.annotations.NullMarked;
