package dev.holdfast.gcp;

import static dev.holdfast.contract.Futures.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.cloud.ReadChannel;
import com.google.cloud.storage.Blob;
import com.google.cloud.storage.BlobId;
import com.google.cloud.storage.BlobInfo;
import com.google.cloud.storage.Bucket;
import com.google.cloud.storage.BucketInfo;
import com.google.cloud.storage.Storage.BlobGetOption;
import com.google.cloud.storage.Storage.BlobListOption;
import com.google.cloud.storage.Storage.BlobSourceOption;
import com.google.cloud.storage.Storage.BlobTargetOption;
import dev.holdfast.emulator.StorageEndpoint;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The stand-in for Cloud Storage as Google's own client finds it. */
class StorageEndpointTest extends StorageEndpointFixture {

  @Test
  void bucketsAreMadeOnceAndDeletedWhenTheyAreEmpty() {
    refused(409, () -> storage.create(BucketInfo.of(BUCKET)));
    storage.create(BucketInfo.of("another"));
    assertThat(storage.list().iterateAll())
        .extracting(Bucket::getName)
        .containsExactly("another", BUCKET);
    put("a", "x");
    refused(409, () -> storage.delete(BUCKET));
    storage.delete(BUCKET, "a");
    assertThat(storage.delete(BUCKET)).isTrue();
    assertThat(storage.get(BUCKET)).isNull();
    refused(404, () -> put("a", "x"));
    refused(400, () -> storage.create(BucketInfo.of("../up")));
    assertThat(storage.create(BucketInfo.of(BUCKET)).getName()).isEqualTo(BUCKET);
  }

  @Test
  void whatIsConditionalHappensOnItsCondition() {
    Blob first = storage.create(named("a"), random(10), BlobTargetOption.doesNotExist());
    refused(412, () -> storage.create(named("a"), random(20), BlobTargetOption.doesNotExist()));
    Blob second =
        storage.create(
            named("a"), random(30), BlobTargetOption.generationMatch(first.getGeneration()));
    assertThat(second.getGeneration()).isGreaterThan(first.getGeneration());
    refused(
        412,
        () ->
            storage.delete(
                BlobId.of(BUCKET, "a"), BlobSourceOption.generationMatch(first.getGeneration())));
    assertThat(storage.get(BlobId.of(BUCKET, "a", first.getGeneration()))).isNull();
    refused(
        412,
        () ->
            storage.get(
                BlobId.of(BUCKET, "a"), BlobGetOption.generationMatch(first.getGeneration())));
    assertThat(storage.readAllBytes(BUCKET, "a")).isEqualTo(random(30));
    assertThat(storage.delete(BUCKET, "a")).isTrue();
    assertThat(storage.delete(BUCKET, "a")).isFalse();
  }

  @Test
  void anObjectSaysWhatItIs() {
    byte[] content = random(5_000);
    CRC32C checksum = new CRC32C();
    checksum.update(content);
    Map<String, String> metadata = Map.of("note", "\u00fc \" \\ \n", "n", "1");
    storage.create(
        BlobInfo.newBuilder(BUCKET, "a/b c").setContentType("x/y").setMetadata(metadata).build(),
        content);
    Blob found = storage.get(BUCKET, "a/b c");
    assertThat(found.getSize()).isEqualTo(5_000);
    assertThat(found.getMetadata()).isEqualTo(metadata);
    assertThat(found.getContentType()).isEqualTo("x/y");
    assertThat(found.getCrc32cToHexString()).isEqualTo("%08x".formatted(checksum.getValue()));
    assertThat(found.getMd5()).isNotEmpty();
    assertThat(found.getCreateTimeOffsetDateTime()).isNotNull();
    assertThat(storage.get(BUCKET, "a")).isNull();
  }

  @Test
  void rangesAreReadAndNoMore() throws IOException {
    put("digits", "0123456789");
    assertThat(range("digits", 3, 7)).isEqualTo("3456");
    assertThat(range("digits", 8, 100)).isEqualTo("89");
    assertThat(range("digits", 10, 20)).isEmpty();
    put("empty", "");
    assertThat(range("empty", 0, 5)).isEmpty();
  }

  private String range(String name, long from, long to) throws IOException {
    ByteBuffer content = ByteBuffer.allocate(100);
    try (ReadChannel reader = storage.reader(BUCKET, name)) {
      reader.seek(from);
      reader.limit(to);
      while (reader.read(content) >= 0) {
        // until its end
      }
    }
    return Buffer.buffer(Arrays.copyOf(content.array(), content.position())).toString();
  }

  @Test
  void listsComeInPagesAndFolders() {
    List<String> names = List.of("a", "p/1", "p/2/x", "p/2/y", "p/3", "q");
    names.forEach(name -> put(name, name));
    for (int size = 1; size < 8; size++) {
      assertThat(storage.list(BUCKET, BlobListOption.pageSize(size)).iterateAll())
          .extracting(Blob::getName)
          .containsExactlyElementsOf(names);
      List<String> folders = new ArrayList<>();
      storage
          .list(
              BUCKET,
              BlobListOption.prefix("p/"),
              BlobListOption.currentDirectory(),
              BlobListOption.pageSize(size))
          .iterateAll()
          .forEach(blob -> folders.add(blob.getName()));
      assertThat(folders).containsExactlyInAnyOrder("p/1", "p/2/", "p/3");
    }
    assertThat(
            storage
                .list(BUCKET, BlobListOption.prefix("p/"), BlobListOption.startOffset("p/2/y"))
                .iterateAll())
        .extracting(Blob::getName)
        .containsExactly("p/2/y", "p/3");
  }

  @Test
  void anotherStartOnTheSameDirectoryAndPortFindsEverything() throws IOException {
    Blob kept = put("kept", "kept");
    put("changed", "old");
    put("changed", "new");
    put("gone", "gone");
    storage.delete(BUCKET, "gone");
    int port = URI.create(endpoint.url()).getPort();
    await(endpoint.close());
    Files.writeString(directory.resolve("objects/~drafts/7"), "left by a crash");
    Files.writeString(directory.resolve("objects/" + BUCKET + "/half.object"), "half");
    endpoint = await(StorageEndpoint.start(vertx, port, directory.resolve("objects")));
    assertThat(storage.list(BUCKET).iterateAll())
        .extracting(Blob::getName)
        .containsExactly("changed", "kept");
    assertThat(storage.readAllBytes(BUCKET, "changed")).isEqualTo(Buffer.buffer("new").getBytes());
    assertThat(storage.get(BUCKET, "kept").getGeneration()).isEqualTo(kept.getGeneration());
    assertThat(put("kept", "again").getGeneration()).isGreaterThan(kept.getGeneration());
    assertThat(files("~drafts")).isEmpty();
    assertThat(files(BUCKET)).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../../up",
        "..",
        "/etc/passwd",
        "a/../../b",
        "%2e%2e%2f",
        "a\\b",
        "nul\u0000",
        "\u65e5\u672c \ud83d\ude80",
        "~drafts/1",
        "a?b#c&d=e+f"
      })
  void anObjectsNameIsNeverAPath(String name) throws IOException {
    put(name, "content");
    assertThat(storage.readAllBytes(BUCKET, name)).isEqualTo(Buffer.buffer("content").getBytes());
    assertThat(storage.list(BUCKET).iterateAll()).extracting(Blob::getName).containsExactly(name);
    assertThat(files(BUCKET)).hasSize(1);
    try (Stream<Path> all = Files.walk(directory)) {
      assertThat(all.filter(Files::isRegularFile)).hasSize(1);
    }
  }

  @Test
  void whatItDoesNotServeItSays() {
    HttpClient client = vertx.createHttpClient();
    int port = URI.create(endpoint.url()).getPort();
    for (String uri :
        List.of("/", "/batch/storage/v1", "/storage/v1/b/bucket/o/a/acl", "/storage/v2/b")) {
      assertThat(status(client, port, HttpMethod.POST, uri)).as(uri).isEqualTo(501);
    }
    assertThat(status(client, port, HttpMethod.GET, "/storage/v1/b/bucket/o?pageToken=%25"))
        .isEqualTo(400);
    assertThat(status(client, port, HttpMethod.GET, "/storage/v1/b/%zz/o")).isEqualTo(400);
    assertThat(status(client, port, HttpMethod.GET, "/storage/v1/b/none/o")).isEqualTo(404);
    assertThat(
            status(client, port, HttpMethod.PUT, "/upload/storage/v1/b/bucket/o?upload_id=never"))
        .isEqualTo(410);
    assertThat(
            status(
                client,
                port,
                HttpMethod.POST,
                "/upload/storage/v1/b/bucket/o?uploadType=multipart"))
        .isEqualTo(400);
  }

  private static int status(HttpClient client, int port, HttpMethod method, String uri) {
    return await(
        client
            .request(method, port, "127.0.0.1", uri)
            .compose(request -> request.send(Buffer.buffer("{")))
            .map(response -> response.statusCode()));
  }
}
