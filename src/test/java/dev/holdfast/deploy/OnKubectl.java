package dev.holdfast.deploy;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;

/**
 * Tests that render manifests. Where there is no kubectl they are left out and counted, see {@link
 * KubectlPresent}; with {@code -Dholdfast.kubectl=required} or {@code CI=true} they fail instead.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag(OnKubectl.TAG)
@interface OnKubectl {
  String TAG = "kubectl";
}
