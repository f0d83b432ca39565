/**
 * What a person sees in a browser: one page of the fleet, one of the API, and the files they are
 * made of. Knows files and HTTP's caching, and no job: everything on the pages comes from the API
 * itself.
 */
@NullMarked
package dev.holdfast.console;

import org.jspecify.annotations.NullMarked;
