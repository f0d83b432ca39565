package dev.holdfast.gcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.cloud.ReadChannel;
import com.google.cloud.WriteChannel;
import com.google.cloud.storage.BlobInfo;
import com.google.cloud.storage.Storage.BlobTargetOption;
import com.google.cloud.storage.Storage.BlobWriteOption;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/** How objects arrive at the stand-in for Cloud Storage. */
class StorageEndpointUploadsTest extends StorageEndpointFixture {

  @Test
  void whatIsSentCompressedIsStoredAsItWas() throws IOException {
    // the client compresses unless it is told not to
    byte[] large = "all the same ".repeat(500_000).getBytes(StandardCharsets.UTF_8);
    storage.create(named("zeros"), large);
    assertThat(storage.readAllBytes(BUCKET, "zeros")).isEqualTo(large);
    byte[] tricky = Buffer.buffer("\r\n--__END_OF_PART__\r\n\r\n").getBytes();
    storage.create(named("tricky"), tricky, BlobTargetOption.disableGzipContent());
    assertThat(storage.readAllBytes(BUCKET, "tricky")).isEqualTo(tricky);
    storage.create(named("big"), random(3_000_000), BlobTargetOption.disableGzipContent());
    assertThat(storage.readAllBytes(BUCKET, "big")).isEqualTo(random(3_000_000));
    storage.create(named("none"), new byte[0], BlobTargetOption.disableGzipContent());
    assertThat(storage.readAllBytes(BUCKET, "none")).isEmpty();
    assertThat(files("~drafts")).isEmpty();
  }

  @Test
  void aWrongChecksumIsRefused() {
    refused(
        400,
        () ->
            storage.createFrom(
                BlobInfo.newBuilder(BUCKET, "a").setCrc32c("AAAAAA==").build(),
                new ByteArrayInputStream(random(10)),
                BlobWriteOption.crc32cMatch()));
    assertThat(storage.get(BUCKET, "a")).isNull();
  }

  @Test
  void aResumableUploadLargerThanWhatMayBeInMemoryArrivesWhole() throws IOException {
    int chunk = 1024 * 1024;
    int chunks = 64;
    CRC32C checksum = new CRC32C();
    WriteChannel writer = storage.writer(named("large"), BlobWriteOption.doesNotExist());
    writer.setChunkSize(8 * chunk);
    for (int i = 0; i < chunks; i++) {
      byte[] content = random(chunk + i);
      checksum.update(content, 0, chunk);
      writer.write(ByteBuffer.wrap(content, 0, chunk));
      assertThat(storage.get(BUCKET, "large")).isNull();
    }
    writer.close();
    assertThat(storage.get(BUCKET, "large").getSize()).isEqualTo((long) chunks * chunk);
    CRC32C read = new CRC32C();
    ByteBuffer buffer = ByteBuffer.allocate(chunk);
    try (ReadChannel reader = storage.reader(BUCKET, "large")) {
      while (reader.read(buffer) >= 0) {
        read.update(buffer.flip());
        buffer.clear();
      }
    }
    assertThat(read.getValue()).isEqualTo(checksum.getValue());
    assertThat(files("~drafts")).isEmpty();
  }

  @Test
  void aResumableUploadChecksItsConditionAtItsEndToo() throws IOException {
    WriteChannel writer = storage.writer(named("a"), BlobWriteOption.doesNotExist());
    writer.write(ByteBuffer.wrap(random(100)));
    put("a", "faster");
    assertThat(GcsCalls.status(catchThrowable(writer::close))).isEqualTo(412);
    refused(412, () -> storage.writer(named("a"), BlobWriteOption.doesNotExist()));
    assertThat(storage.readAllBytes(BUCKET, "a")).isEqualTo(Buffer.buffer("faster").getBytes());
    assertThat(files("~drafts")).isEmpty();
  }
}
