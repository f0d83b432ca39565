/**
 * Runs TorchScript models on DJL's PyTorch engine.
 *
 * <p>The only room that knows {@code ai.djl}. It implements the worker's port {@link
 * dev.holdfast.worker.InferenceEngine} and shows nothing but {@link dev.holdfast.djl.DjlEngine}.
 * Whatever a model directory or an item holds, the answer is an exception with a reason: nothing
 * here may end the process, and nothing is downloaded.
 */
@NullMarked
package dev.holdfast.djl;

import org.jspecify.annotations.NullMarked;
