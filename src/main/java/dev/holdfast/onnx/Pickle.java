package dev.holdfast.onnx;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Writes Python's pickle format, protocol 2: as much of it as a TorchScript module needs. */
final class Pickle {

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  Pickle() {
    out.write(0x80);
    out.write(2);
  }

  Pickle mark() {
    return operator('(');
  }

  /** Ends the tuple that {@link #mark} began. */
  Pickle tuple() {
    return operator('t');
  }

  Pickle emptyTuple() {
    return operator(')');
  }

  Pickle emptyDictionary() {
    return operator('}');
  }

  /** Puts the pairs since {@link #mark} into the dictionary below it. */
  Pickle setItems() {
    return operator('u');
  }

  Pickle global(String module, String name) {
    out.write('c');
    out.writeBytes((module + "\n" + name + "\n").getBytes(StandardCharsets.US_ASCII));
    return this;
  }

  /** An object of the class below, made without its constructor being called. */
  Pickle newObject() {
    return operator(0x81);
  }

  /** Gives the object below its state. */
  Pickle build() {
    return operator('b');
  }

  /** Calls the function below with the tuple above it. */
  Pickle call() {
    return operator('R');
  }

  /** Replaces the tuple above by what it names outside the pickle. */
  Pickle persistentId() {
    return operator('Q');
  }

  Pickle falseValue() {
    return operator(0x89);
  }

  Pickle string(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    out.write('X');
    writeInt(utf8.length);
    out.writeBytes(utf8);
    return this;
  }

  Pickle number(int value) {
    out.write('J');
    writeInt(value);
    return this;
  }

  byte[] end() {
    operator('.');
    return out.toByteArray();
  }

  private Pickle operator(int code) {
    out.write(code);
    return this;
  }

  private void writeInt(int value) {
    out.writeBytes(
        ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
  }
}
