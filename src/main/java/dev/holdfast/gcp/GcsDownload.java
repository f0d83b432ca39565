package dev.holdfast.gcp;

import com.google.api.client.http.HttpRequestInitializer;
import com.google.api.client.http.HttpResponse;
import com.google.api.client.http.HttpResponseException;
import com.google.api.client.json.gson.GsonFactory;
import com.google.api.gax.retrying.BasicResultRetryAlgorithm;
import com.google.cloud.RetryHelper;
import com.google.cloud.RetryHelper.RetryHelperException;
import com.google.cloud.http.HttpTransportOptions;
import com.google.cloud.storage.Storage;
import com.google.cloud.storage.StorageOptions;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Reads a range of an object with one request. Below {@code Storage.reader}, which hides the
 * object's checksum and opens a stream that breaks again and again without a limit. Blocks;
 * thread-safe.
 */
final class GcsDownload {

  private static final int PARTIAL_CONTENT = 206;
  private static final int RANGE_NOT_SATISFIABLE = 416;

  /** Statuses after which the same request may succeed, as Google's client has them. */
  private static final Set<Integer> RETRIED = Set.of(408, 429, 500, 502, 503, 504);

  private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d+)-(\\d+)/(\\d+)");
  private static final Pattern CRC32C_HASH = Pattern.compile("crc32c=([A-Za-z0-9+/]+=*)");

  private final StorageOptions options;
  private final com.google.api.services.storage.Storage client;

  GcsDownload(Storage storage) {
    this.options = storage.getOptions();
    HttpTransportOptions transport = (HttpTransportOptions) options.getTransportOptions();
    HttpRequestInitializer initializer = transport.getHttpRequestInitializer(options);
    this.client =
        new com.google.api.services.storage.Storage.Builder(
                transport.getHttpTransportFactory().create(),
                GsonFactory.getDefaultInstance(),
                initializer)
            .setRootUrl(
                options.getHost().endsWith("/") ? options.getHost() : options.getHost() + "/")
            .setApplicationName("holdfast")
            .build();
  }

  /**
   * At most {@code length} bytes, at least 1, from byte {@code from}; fewer only at the end. What
   * is the whole object has the object's checksum.
   *
   * @param generation the one that is meant, or null for whichever there is
   * @return empty if there is no such object or generation
   */
  Optional<byte[]> read(
      String bucket, String name, @Nullable Long generation, long from, int length)
      throws IOException {
    try {
      return Optional.of(
          RetryHelper.runWithRetries(
              () -> {
                try {
                  return attempt(bucket, name, generation, from, length);
                } catch (InterruptedIOException e) {
                  // a silence, which the retries would take for their thread's interruption
                  throw new IOException("the service was silent for too long", e);
                }
              },
              options.getRetrySettings(),
              new BasicResultRetryAlgorithm<byte[]>() {
                @Override
                public boolean shouldRetry(@Nullable Throwable failure, byte @Nullable [] content) {
                  return failure != null && worthAnother(failure);
                }
              },
              options.getClock()));
    } catch (RetryHelperException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      if (GcsCalls.status(cause) == GcsCalls.NOT_FOUND && !GcsCalls.saysNoBucket(cause)) {
        return Optional.empty();
      }
      throw new IOException(cause.getMessage(), cause);
    }
  }

  private static boolean worthAnother(Throwable failure) {
    return failure instanceof HttpResponseException refused
        ? RETRIED.contains(refused.getStatusCode())
        : failure instanceof IOException;
  }

  private byte[] attempt(
      String bucket, String name, @Nullable Long generation, long from, int length)
      throws IOException {
    var get = client.objects().get(bucket, name).setGeneration(generation);
    // an object that is stored compressed is what it is, byte for byte
    get.setReturnRawInputStream(true);
    get.getRequestHeaders().setRange("bytes=%d-%d".formatted(from, from + length - 1));
    HttpResponse response;
    try {
      response = get.executeMedia();
    } catch (HttpResponseException e) {
      if (e.getStatusCode() == RANGE_NOT_SATISFIABLE) {
        return new byte[0];
      }
      throw e;
    }
    boolean whole = false;
    try {
      byte[] content = content(response, from, length);
      whole = true;
      return content;
    } finally {
      if (!whole) {
        // what is left of the answer would be read before the connection is used again
        response.disconnect();
      }
    }
  }

  private static byte[] content(HttpResponse response, long from, int length) throws IOException {
    Range range = Range.of(response, from, length);
    byte[] content = new byte[range.length()];
    int read;
    try (InputStream body = response.getContent()) {
      read = body == null ? 0 : body.readNBytes(content, 0, content.length);
    }
    if (read < content.length) {
      throw new EOFException(
          "the answer ended after %d of %d bytes".formatted(read, content.length));
    }
    if (from == 0 && content.length == range.total()) {
      verify(content, response.getHeaders().getHeaderStringValues("x-goog-hash"));
    }
    return content;
  }

  private static void verify(byte[] content, List<String> hashes) throws IOException {
    CRC32C checksum = new CRC32C();
    checksum.update(content);
    byte[] found = ByteBuffer.allocate(Integer.BYTES).putInt((int) checksum.getValue()).array();
    for (String hash : hashes) {
      Matcher stored = CRC32C_HASH.matcher(hash);
      if (stored.find()) {
        if (!Arrays.equals(found, Base64.getDecoder().decode(stored.group(1)))) {
          throw new IOException("the content does not match its checksum");
        }
        return;
      }
    }
    throw new IOException("the answer carries no checksum");
  }

  /**
   * What the service says that it sends.
   *
   * @param length bytes of the answer that are wanted
   * @param total bytes of the object
   */
  private record Range(int length, long total) {

    static Range of(HttpResponse response, long from, int length) throws IOException {
      if (response.getStatusCode() == PARTIAL_CONTENT) {
        Matcher said =
            CONTENT_RANGE.matcher(String.valueOf(response.getHeaders().getContentRange()));
        if (said.matches() && Long.parseLong(said.group(1)) == from) {
          long bytes = Long.parseLong(said.group(2)) - from + 1;
          long total = Long.parseLong(said.group(3));
          if (bytes == Math.min(length, total - from)) {
            return new Range((int) bytes, total);
          }
        }
        throw new IOException(
            "the answer is for another range: " + response.getHeaders().getContentRange());
      }
      Long total = response.getHeaders().getContentLength();
      if (from > 0 || total == null) {
        throw new IOException("the service did not answer with the range that was asked for");
      }
      return new Range((int) Math.min(length, total), total);
    }
  }
}
