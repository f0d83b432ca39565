/**
 * Turns the ONNX file of a BERT sentence encoder into a model directory that DJL's PyTorch engine
 * loads. It runs at build time, so that the model comes from a pinned library instead of git.
 *
 * <p>Knows no sibling room and nothing but the JDK. The way in is {@link
 * dev.holdfast.onnx.ConvertEncoder}; {@link dev.holdfast.onnx.TorchScriptArchive} writes any
 * TorchScript module.
 */
@NullMarked
package dev.holdfast.onnx;

import org.jspecify.annotations.NullMarked;
