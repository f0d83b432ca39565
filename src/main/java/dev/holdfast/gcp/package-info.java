/**
 * Google Cloud: the only room that may know {@code com.google.*}. Its adapters are yet to come; the
 * ports that they will stand behind are in {@code dev.holdfast.job}.
 */
@NullMarked
package dev.holdfast.gcp;

import org.jspecify.annotations.NullMarked;
