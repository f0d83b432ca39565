package dev.holdfast.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ChannelBytesTest {

  private static final int LARGE_BYTES = 8 * 1024 * 1024 + 17;

  @TempDir Path directory;

  @Test
  void movesLargeContentWithoutKeepingNativeMemoryOfItsSize() throws IOException {
    byte[] content = new byte[LARGE_BYTES];
    new Random(1).nextBytes(content);
    ByteBuffer back = ByteBuffer.allocate(LARGE_BYTES);
    long before = nativeBytes();
    try (FileChannel channel =
        FileChannel.open(
            directory.resolve("large"),
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE)) {
      ChannelBytes.write(channel, ByteBuffer.wrap(content));
      assertThat(ChannelBytes.read(channel, back, 0)).isTrue();
    }

    assertThat(back.array()).isEqualTo(content);
    assertThat(nativeBytes() - before).isLessThan(LARGE_BYTES / 2);
  }

  @Test
  void saysThatAFileEndedTooSoonAndGivesWhatThereWas() throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(10);
    try (FileChannel channel =
        FileChannel.open(
            directory.resolve("short"),
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE)) {
      ChannelBytes.write(channel, ByteBuffer.wrap(new byte[] {1, 2, 3, 4}));

      assertThat(ChannelBytes.read(channel, buffer, 1)).isFalse();
    }
    assertThat(buffer.flip()).isEqualTo(ByteBuffer.wrap(new byte[] {2, 3, 4}));
  }

  private static long nativeBytes() {
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .filter(pool -> pool.getName().equals("direct"))
        .mapToLong(BufferPoolMXBean::getMemoryUsed)
        .sum();
  }
}
