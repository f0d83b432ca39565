/** The pages as a person meets them: real processes, a real Chromium. Compiled with -Pbrowser. */
@NullMarked
package dev.holdfast.browser;

import org.jspecify.annotations.NullMarked;
