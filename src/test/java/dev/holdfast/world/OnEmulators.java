package dev.holdfast.world;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Tests that run on Google's emulators. Where there are none they are left out and counted, see
 * {@link EmulatorsPresent}; with {@code -Dholdfast.emulators=required} or {@code CI=true} they fail
 * instead.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag(OnEmulators.TAG)
@ExtendWith(GoogleEmulators.class)
public @interface OnEmulators {
  String TAG = "emulators";
}
