package dev.holdfast.planted.api;

import ai.djl.Device;
import com.google.cloud.planted.Thing;
import dev.holdfast.planted.Root;
import io.opentelemetry.api.trace.Span;
import java.net.http.HttpClient;
import java.sql.Driver;
import org.jspecify.annotations.Nullable;

/** Knows every vendor that only one room may know. */
public final class KnowsVendors {
  private @Nullable Device device;
  private @Nullable HttpClient client;
  private @Nullable Span span;
  private @Nullable Driver driver;

  Object wrong() {
    return new Object[] {device, client, span, driver, Root.THING, Thing.class};
  }
}
