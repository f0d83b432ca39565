package dev.holdfast.embedded;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/**
 * Moves heap buffers to and from files in slices. Java copies each transfer through a native buffer
 * of its size, which the thread then keeps: whole parts at once would cost each file thread the
 * largest part's size outside the heap.
 */
final class ChannelBytes {

  /** What one transfer moves at most. */
  static final int SLICE_BYTES = 64 * 1024;

  private ChannelBytes() {}

  /** Writes the rest of {@code buffer} at the channel's position. */
  static void write(FileChannel channel, ByteBuffer buffer) throws IOException {
    int end = buffer.limit();
    while (buffer.position() < end) {
      buffer.limit(Math.min(end, buffer.position() + SLICE_BYTES));
      channel.write(buffer);
    }
  }

  /**
   * Fills the rest of {@code buffer} from byte {@code from} of the file.
   *
   * @return false if the file ended before; what there was is in the buffer then
   */
  static boolean read(FileChannel channel, ByteBuffer buffer, long from) throws IOException {
    int start = buffer.position();
    int end = buffer.limit();
    while (buffer.position() < end) {
      buffer.limit(Math.min(end, buffer.position() + SLICE_BYTES));
      if (channel.read(buffer, from + buffer.position() - start) < 0) {
        buffer.limit(end);
        return false;
      }
    }
    return true;
  }
}
