package dev.holdfast.onnx;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads the fields of one protobuf message, forward only. Call {@link #next}, then exactly one of
 * the methods that take the value.
 */
final class ProtobufReader {

  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int LENGTH_DELIMITED = 2;
  private static final int FIXED32 = 5;

  private final ByteBuffer message;
  private int field;
  private int wireType;

  ProtobufReader(ByteBuffer message) {
    this.message = message;
  }

  /** Moves to the next field; false at the end of the message. */
  boolean next() throws IOException {
    if (!message.hasRemaining()) {
      return false;
    }
    long tag = readVarint();
    field = (int) (tag >>> 3);
    wireType = (int) (tag & 7);
    return true;
  }

  int field() {
    return field;
  }

  /** Whether the value is a string, a message or a packed list. */
  boolean isLengthDelimited() {
    return wireType == LENGTH_DELIMITED;
  }

  long varint() throws IOException {
    expect(VARINT);
    return readVarint();
  }

  String string() throws IOException {
    return StandardCharsets.UTF_8.decode(bytes()).toString();
  }

  ProtobufReader message() throws IOException {
    return new ProtobufReader(bytes());
  }

  /** A little-endian view of the value; nothing is copied. */
  ByteBuffer bytes() throws IOException {
    expect(LENGTH_DELIMITED);
    long length = readVarint();
    if (length < 0 || length > message.remaining()) {
      throw new IOException(
          "a value of " + length + " bytes in a message that has " + message.remaining() + " left");
    }
    ByteBuffer value = message.slice(message.position(), (int) length);
    message.position(message.position() + (int) length);
    return value.order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The rest of the message as a packed list of varints. */
  long[] remainingVarints() throws IOException {
    long[] values = new long[message.remaining()];
    int count = 0;
    while (message.hasRemaining()) {
      values[count++] = readVarint();
    }
    return Arrays.copyOf(values, count);
  }

  void skip() throws IOException {
    switch (wireType) {
      case VARINT -> readVarint();
      case FIXED64 -> skipBytes(8);
      case LENGTH_DELIMITED -> bytes();
      case FIXED32 -> skipBytes(4);
      default -> throw new IOException("field " + field + " has the wire type " + wireType);
    }
  }

  private void skipBytes(int count) throws IOException {
    if (count > message.remaining()) {
      throw new IOException("the message ends inside a field");
    }
    message.position(message.position() + count);
  }

  private void expect(int wanted) throws IOException {
    if (wireType != wanted) {
      throw new IOException(
          "field " + field + " has the wire type " + wireType + " instead of " + wanted);
    }
  }

  private long readVarint() throws IOException {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      if (!message.hasRemaining()) {
        throw new IOException("the message ends inside a number");
      }
      byte next = message.get();
      value |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw new IOException("a number of more than 10 bytes");
  }
}
