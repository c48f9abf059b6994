"""Wrong arguments of the functions of neural networks: each says what happened and how to fix it."""

import numpy as np
import pytest

from lamina import Input, ops

X = np.ones((2, 3), "float32")
LINE, PLANE = np.ones((2, 6, 4), "float32"), np.ones((2, 5, 5, 4), "float32")
KERNEL = np.ones((3, 4, 2), "float32")
HEADS = np.ones((2, 3, 4, 5), "float32")
LOGITS, ONE, LABELS = np.ones((2, 5, 3), "float32"), np.ones(2, "int32"), np.ones((2, 2), "int32")
FOUR = np.ones(4, "float32")

MISTAKES = [
    (lambda: ops.softmax(X, axis=2), ValueError, "softmax: .* no axis 2"),
    (lambda: ops.softmax(X, axis=(0, 0)), ValueError, "softmax: an axis is named twice"),
    (lambda: ops.log_softmax(X, axis=-3), ValueError, "log_softmax: .* no axis -3"),
    (lambda: ops.sparsemax(X, axis=5), ValueError, "sparsemax: .* no axis 5"),
    (lambda: ops.glu(X), ValueError, r"glu: the axis cannot be halved.*\(2, 3\)"),
    (lambda: ops.glu(X, axis=2), ValueError, "glu: .* no axis 2"),
    (lambda: ops.conv(X, KERNEL), ValueError, "conv: the input has no spatial axes"),
    (lambda: ops.conv(PLANE, KERNEL), ValueError, "conv: the kernel does not fit"),
    (lambda: ops.conv(LINE, np.ones((3, 3, 2))), ValueError, "conv: the channels do not fit"),
    (lambda: ops.conv(LINE, KERNEL, strides=0), ValueError, "conv: `strides`"),
    (lambda: ops.conv(LINE, KERNEL, strides=(1, 1)), ValueError, "conv: `strides`"),
    (lambda: ops.conv(LINE, KERNEL, padding="full"), ValueError, "conv: `padding`"),
    (lambda: ops.conv(LINE, KERNEL, data_format="last"), ValueError, "data_format"),
    (lambda: ops.conv(LINE, KERNEL, dilation_rate=3), ValueError, "conv: the window does not fit"),
    (lambda: ops.depthwise_conv(LINE, np.ones((3, 3, 1))), ValueError, "depthwise_conv: the channels"),
    (lambda: ops.depthwise_conv(LINE, KERNEL, padding="causal"), ValueError, "depthwise_conv: `padding`"),
    (lambda: ops.separable_conv(LINE, KERNEL, np.ones((1, 4, 2))), ValueError, "separable_conv: the channels"),
    (lambda: ops.separable_conv(LINE, KERNEL, X), ValueError, "separable_conv: the kernel"),
    (lambda: ops.conv_transpose(LINE, KERNEL), ValueError, "conv_transpose: the channels"),
    (lambda: ops.conv_transpose(X, KERNEL), ValueError, "conv_transpose: the input"),
    (lambda: ops.conv_transpose(LINE, np.ones((3, 2, 4)), output_padding=-1), ValueError, "`output_padding`"),
    (lambda: ops.conv_transpose(LINE, np.ones((3, 2, 4)), padding="causal"), ValueError, "conv_transpose: `padding`"),
    (lambda: ops.max_pool(LINE, 0), ValueError, "max_pool: `pool_size`"),
    (lambda: ops.max_pool(LINE, 7), ValueError, "max_pool: the window does not fit"),
    (lambda: ops.average_pool(LINE, 2, padding="causal"), ValueError, "average_pool: `padding`"),
    (lambda: ops.average_pool(X, 2), ValueError, "average_pool: the input"),
    (lambda: ops.adaptive_max_pool(X, 2), ValueError, "adaptive_max_pool: the input"),
    (lambda: ops.adaptive_average_pool(PLANE, (2, 2, 2)), ValueError, "adaptive_average_pool: `output_size`"),
    (lambda: ops.adaptive_average_pool(Input((0, 4)), 2), ValueError, "adaptive_average_pool: the windows"),
    (lambda: ops.moments(X, [2]), ValueError, "no axis 2"),
    (lambda: ops.normalize(X, order=0), ValueError, "normalize: the order"),
    (lambda: ops.normalize(X, axis=2), ValueError, "no axis 2"),
    (lambda: ops.batch_normalization(X, FOUR, FOUR, axis=-1), ValueError, "numbers of channels"),
    (lambda: ops.batch_normalization(X, FOUR, FOUR, axis=2), ValueError, "batch_normalization: .* no axis 2"),
    (lambda: ops.batch_normalization(X, X, X, axis=-1), ValueError, "one value per channel"),
    (lambda: ops.layer_normalization(X, axis=2), ValueError, "layer_normalization: .* no axis 2"),
    (lambda: ops.layer_normalization(X, gamma=FOUR), ValueError, "broadcast"),
    (lambda: ops.layer_normalization(X, rms=True), TypeError, "layer_normalization: an argument is not known.*rms"),
    (lambda: ops.rms_normalization(X, scale=FOUR), ValueError, "broadcast"),
    (lambda: ops.psnr(X, X[:1], 1.0), ValueError, "psnr: the signals do not fit"),
    (lambda: ops.one_hot(ONE, 0), ValueError, "one_hot: `num_classes`"),
    (lambda: ops.one_hot(ONE, 3, axis=2), ValueError, "one_hot: .* no axis 2"),
    (lambda: ops.one_hot(ONE, 3, sparse=True), ValueError, "one_hot: tensors are dense"),
    (lambda: ops.multi_hot(ONE), ValueError, "multi_hot: `num_classes`"),
    (lambda: ops.multi_hot(ONE, 3, classes=3), TypeError, "multi_hot: an argument is not known.*classes"),
    (lambda: ops.multi_hot(ONE, 3, sparse=True), ValueError, "multi_hot: tensors are dense"),
    (lambda: ops.binary_crossentropy(X, X[:, :1]), ValueError, "binary_crossentropy: target and output do not fit"),
    (lambda: ops.categorical_crossentropy(X[0], X), ValueError, "categorical_crossentropy: target and output"),
    (lambda: ops.categorical_crossentropy(X, X, axis=2), ValueError, "categorical_crossentropy: .* no axis 2"),
    (lambda: ops.sparse_categorical_crossentropy([0, 3], X), ValueError, "label is out of range"),
    (lambda: ops.sparse_categorical_crossentropy([0], X), ValueError, "sparse_c.*sizes"),
    (lambda: ops.sparse_categorical_crossentropy(LABELS, X), ValueError, "sparse_c.*wrong rank of the labels"),
    (lambda: ops.dot_product_attention(X, X, X), ValueError, "dot_product_attention: the ranks"),
    (lambda: ops.dot_product_attention(HEADS, HEADS[:, :, :3], HEADS[:, :, :3]), ValueError, "the heads do not fit"),
    (lambda: ops.dot_product_attention(HEADS, HEADS, HEADS[:, :, :2]), ValueError, "the heads do not fit"),
    (lambda: ops.dot_product_attention(HEADS, HEADS[..., :2], HEADS), ValueError, "query and key"),
    (lambda: ops.dot_product_attention(HEADS, HEADS, HEADS[:, :2]), ValueError, "key and value"),
    (lambda: ops.dot_product_attention(HEADS, HEADS, HEADS, bias=np.ones((5, 3))), ValueError, "broadcast"),
    (
        lambda: ops.dot_product_attention(HEADS, HEADS, HEADS, mask=np.ones((5, 3))),
        ValueError,
        "sizes of mask and scores",
    ),
    (lambda: ops.ctc_loss(LABELS, X, ONE, ONE), ValueError, "ctc_loss: the outputs"),
    (lambda: ops.ctc_loss(ONE, LOGITS, ONE, ONE), ValueError, "ctc_loss: the labels"),
    (lambda: ops.ctc_loss(LABELS, LOGITS, LABELS, ONE), ValueError, "ctc_loss: `target_length`"),
    (lambda: ops.ctc_loss(LABELS, LOGITS, ONE, LABELS), ValueError, "ctc_loss: `output_length`"),
    (lambda: ops.ctc_loss(LABELS, LOGITS, ONE, np.ones(3, "int32")), ValueError, "ctc_loss: .*samples"),
    (
        lambda: ops.ctc_loss(LABELS + 2, LOGITS, ONE, ONE),
        ValueError,
        "ctc_loss: a label is out of range.*3 of sample 0",
    ),
    (lambda: ops.ctc_loss(LABELS, LOGITS, ONE, ONE, mask_index=3), ValueError, "ctc_loss: the mask is no class"),
    (lambda: ops.ctc_decode(X, ONE), ValueError, "ctc_decode: the outputs"),
    (lambda: ops.ctc_decode(LOGITS, LABELS), ValueError, "ctc_decode: `sequence_lengths`"),
    (lambda: ops.ctc_decode(LOGITS, ONE, strategy="best"), ValueError, "ctc_decode: `strategy`"),
    (lambda: ops.ctc_decode(LOGITS, ONE, "beam_search", beam_width=0), ValueError, "ctc_decode: `beam_width`"),
    (lambda: ops.ctc_decode(LOGITS, ONE, "beam_search", 2, 3), ValueError, "ctc_decode: too many paths"),
    (lambda: ops.ctc_decode(LOGITS, ONE, mask_index=5), ValueError, "ctc_decode: the mask is no class"),
    (lambda: ops.unfold(X, 2), ValueError, "unfold: the rank"),
    (lambda: ops.unfold(PLANE, 6), ValueError, "unfold: a block does not fit"),
    (lambda: ops.unfold(PLANE, (2, 2, 2)), ValueError, "unfold: `kernel_size`"),
    (lambda: ops.unfold(PLANE, 2, padding=-1), ValueError, "unfold: `padding`"),
    (lambda: ops.fold(X, 4, 2), ValueError, "fold: the rank"),
    (lambda: ops.fold(LINE, 4, 2), ValueError, "fold: the number of rows does not divide"),
    (lambda: ops.fold(np.ones((1, 4, 3)), 4, 2), ValueError, "fold: the number of blocks"),
    (lambda: ops.depth_to_space(X, 2), ValueError, "depth_to_space: the rank"),
    (lambda: ops.depth_to_space(PLANE, 3), ValueError, "depth_to_space: the number of channels"),
    (lambda: ops.depth_to_space(PLANE, 1), ValueError, "depth_to_space: `block_size`"),
    (lambda: ops.space_to_depth(PLANE, 2), ValueError, "space_to_depth: the height"),
    (lambda: ops.space_to_depth(PLANE[:, :4], 2), ValueError, "space_to_depth: the width"),
    (lambda: ops.relu(["a"]), TypeError, "does not take texts"),
    (lambda: ops.convert_to_tensor(["a"]) + 1, TypeError, "add: does not take texts"),
    (lambda: ops.multiply(np.array(["a"]), PLANE), TypeError, ": does not take texts"),
]


@pytest.mark.parametrize(("mistake", "error", "text"), MISTAKES)
def test_mistakes(mistake, error, text):
    with pytest.raises(error, match=f"(?s){text}") as caught:
        mistake()
    for part in ("Expected: ", "Received: "):
        assert part in str(caught.value)
