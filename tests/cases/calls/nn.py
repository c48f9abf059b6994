"""Activations, normalization and what turns numbers into vectors."""

import warnings

from cases.arrays import Array, distinct, integers, positive, probabilities, real
from cases.call import Call


def _ints(*shape: int) -> Array:
    return integers(8, *shape, low=-4, dtype="int32")


def _quiet(ops, *args, **kwargs):
    """Keras warns that its rms_scaling is no root mean square."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ops.layer_normalization(*args, rms_scaling=True, **kwargs)


X = (real(4, 6),)
CUBE = (real(2, 3, 4),)

ACTIVATIONS: tuple[Call, ...] = (
    *(
        Call(name, X, batched=(0,))
        for name in (
            "celu", "elu", "gelu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_swish", "hard_tanh", "leaky_relu",
            "log_sigmoid", "log_softmax", "relu", "relu6", "selu", "sigmoid", "silu", "soft_shrink", "softmax",
            "softplus", "softsign", "sparse_plus", "sparse_sigmoid", "squareplus", "swish", "tanh_shrink",
        )
    ),
    Call("mish", X, batched=(0,), parity=False),  # among the activations of Keras, not among its functions
    Call("celu", X, {"alpha": 0.7}, label="alpha"),
    Call("elu", X, {"alpha": 0.7}, label="alpha"),
    Call("elu", X, {"alpha": -0.7}, label="negative"),
    Call("leaky_relu", X, {"negative_slope": 0.3}, label="slope"),
    Call("leaky_relu", X, {"negative_slope": -0.3}, label="negative"),
    Call("gelu", X, {"approximate": False}, label="exact"),
    Call("glu", X, batched=(0,)),
    Call("glu", (real(2, 4, 3),), {"axis": 1}, batched=(0,), label="axis"),
    Call("hard_shrink", X, {"threshold": 0.75}, label="threshold"),
    Call("soft_shrink", X, {"threshold": 0.75}, label="threshold"),
    Call("squareplus", X, {"b": 2}, label="b"),
    Call("threshold", X, {"threshold": 0.25, "default_value": -1.0}, batched=(0,)),
    Call("threshold", (_ints(6),), {"threshold": 1, "default_value": 7}, label="ints"),
    *(Call(name, (_ints(3, 4),), label="ints") for name in ("hard_tanh", "leaky_relu", "relu", "relu6", "softplus")),
    *(
        Call(name, CUBE, {"axis": axis}, batched=(0,) if axis else (), label=str(axis))
        for name in ("softmax", "log_softmax")
        for axis in (0, 1, (1, 2), (2, 0), None)
    ),
    # What Keras computes on JAX does not sum to 1.
    *(Call("sparsemax", CUBE, {"axis": axis}, parity=False, label=str(axis)) for axis in (0, 1, -1)),
)  # fmt: skip

VECTORS = (real(4), positive(4))  # a mean and a variance
NORMALIZATIONS: tuple[Call, ...] = (
    Call("moments", CUBE, {"axes": [0]}),
    Call("moments", CUBE, {"axes": [1, -1]}, batched=(0,), label="two"),
    Call("moments", CUBE, {"axes": [0, 1, 2], "keepdims": True}, batched=(0,), label="keepdims"),
    Call("moments", (_ints(3, 4),), {"axes": [1]}, label="ints"),
    Call("normalize", CUBE, batched=(0,)),
    Call("normalize", CUBE, {"axis": 1, "order": 3}, batched=(0,), label="order3"),
    Call("normalize", CUBE, {"axis": 0, "order": 1}, label="order1"),
    Call("normalize", CUBE, {"axis": (1, 2)}, batched=(0,), label="axes"),
    Call("normalize", CUBE, {"axis": None}, label="all"),
    Call("normalize", CUBE, {"epsilon": 3.0}, label="epsilon"),
    Call("normalize", (real(),), label="scalar"),
    Call("batch_normalization", (*CUBE, *VECTORS), {"axis": -1}, batched=(0,)),
    Call(
        "batch_normalization",
        (real(2, 4, 3), *VECTORS, real(4), real(4)),
        run=lambda ops, x, mean, variance, offset, scale: ops.batch_normalization(
            x, mean, variance, 1, offset, scale, epsilon=0.1
        ),
        batched=(0,),
        label="axis",
    ),
    Call(
        "batch_normalization",
        (*CUBE, *VECTORS, real(4)),
        run=lambda ops, x, mean, variance, scale: ops.batch_normalization(x, mean, variance, 2, scale=scale),
        label="scale",
    ),
    Call("layer_normalization", CUBE, batched=(0,)),
    Call("layer_normalization", (*CUBE, real(4), real(4)), {"epsilon": 0.01}, batched=(0,), label="parameters"),
    Call("layer_normalization", (*CUBE, real(4)), batched=(0,), label="gamma"),
    Call("layer_normalization", (*CUBE, real(3, 4), real(3, 4)), {"axis": [-1, 1]}, batched=(0,), label="two"),
    Call("layer_normalization", (*CUBE, real(3), real(3)), {"axis": 1}, batched=(0,), label="axis"),
    Call("layer_normalization", (*CUBE, real(2, 4), real(2, 4)), {"axis": [0, 2]}, label="apart"),
    Call("layer_normalization", (*CUBE, real(1, 3, 1)), {"axis": 1}, label="broadcast"),
    Call(
        "layer_normalization",
        (*CUBE, real(4), real(4)),
        run=lambda ops, x, gamma, beta: _quiet(ops, x, gamma, beta, epsilon=0.01),
        wrt=(0, 1),
        label="rms_scaling",
    ),
    Call("rms_normalization", CUBE, batched=(0,)),
    Call("rms_normalization", (*CUBE, real(4)), {"epsilon": 0.01}, batched=(0,), label="scale"),
    Call("rms_normalization", CUBE, {"axis": (1, 2)}, batched=(0,), label="axes"),
    Call("rms_normalization", (*CUBE, real(3, 1)), {"axis": 1}, label="axis"),
    Call("psnr", (real(2, 4, 3), real(2, 4, 3)), {"max_val": 3.0}, batched=(0, 1)),
    Call("psnr", (_ints(5), integers(9, 5, dtype="int32")), {"max_val": 255}, label="ints"),
)

CLASSES = (integers(5, 3, 2, low=-1, dtype="int32"),)
ENCODINGS: tuple[Call, ...] = (
    Call("one_hot", CLASSES, {"num_classes": 4}, batched=(0,)),
    *(Call("one_hot", CLASSES, {"num_classes": 4, "axis": axis}, label=str(axis)) for axis in (0, 1, -2)),
    *(Call("one_hot", CLASSES, {"num_classes": 4, "dtype": dtype}, label=dtype) for dtype in ("int32", "bool")),
    Call("multi_hot", CLASSES, {"num_classes": 4}, batched=(0,)),
    Call("multi_hot", CLASSES, {"num_classes": 4, "dtype": "int32"}, label="int32"),
    Call("multi_hot", CLASSES, {"num_classes": 4, "axis": 1}, label="axis"),
    Call("multi_hot", (integers(5, 3, dtype="int32"),), {"num_tokens": 4}, label="vector"),
)

SCORES = real(4, 5)
CROSSENTROPIES: tuple[Call, ...] = (
    Call("binary_crossentropy", (probabilities(4, 3), probabilities(4, 3)), batched=(0, 1)),
    Call("binary_crossentropy", (probabilities(4, 3), real(4, 3)), {"from_logits": True}, label="logits"),
    Call("binary_crossentropy", (integers(2, 4, dtype="int32"), probabilities(4)), wrt=(), label="ints"),
    Call("categorical_crossentropy", (probabilities(4, 5), probabilities(4, 5)), batched=(0, 1)),
    Call("categorical_crossentropy", (probabilities(4, 5), SCORES), {"from_logits": True}, label="logits"),
    Call("categorical_crossentropy", (probabilities(2, 3, 4), positive(2, 3, 4)), {"axis": 1}, label="axis"),
    Call("sparse_categorical_crossentropy", (integers(5, 4, dtype="int32"), probabilities(4, 5)), batched=(0, 1)),
    Call(
        "sparse_categorical_crossentropy",
        (integers(5, 4, dtype="int32"), SCORES),
        {"from_logits": True},
        label="logits",
    ),
    Call("sparse_categorical_crossentropy", (integers(5, 4, 1, dtype="int32"), positive(4, 5)), label="column"),
    Call(
        "sparse_categorical_crossentropy",
        (integers(3, 2, 3, dtype="int32"), real(2, 3, 3)),
        {"from_logits": True, "axis": 1},
        label="axis",
    ),
)

LENGTHS = (integers(3, 3, dtype="int32"), integers(7, 3, low=4, dtype="int32"))
CTC: tuple[Call, ...] = (
    # The engine's loss brings its gradient along, as numbers that have none.
    Call("ctc_loss", (integers(4, 3, 3, low=1, dtype="int32"), real(3, 6, 4), *LENGTHS), second=False),
    Call(
        "ctc_loss",
        (integers(3, 3, 3, dtype="int32"), real(3, 6, 4), *LENGTHS),
        {"mask_index": 3},
        second=False,
        batched=(0, 1, 2, 3),
        label="mask",
    ),
    Call("ctc_decode", (real(3, 6, 4), integers(7, 3, dtype="int32")), batched=(0, 1)),
    Call("ctc_decode", (real(3, 9, 3), LENGTHS[1]), {"merge_repeated": False, "mask_index": 2}, label="repeated"),
    # The choice of the beams has no gradient.
    Call(
        "ctc_decode",
        (real(3, 6, 4), integers(7, 3, dtype="int32")),
        {"strategy": "beam_search", "beam_width": 5, "top_paths": 3},
        wrt=(),
        batched=(0, 1),
        label="beam",
    ),
    Call(
        "ctc_decode",
        (distinct(2, 5, 3), integers(6, 2, low=1, dtype="int32")),
        {"strategy": "beam_search", "beam_width": 40, "mask_index": 1},
        wrt=(),
        label="wide",
    ),
)

CALLS = (*ACTIVATIONS, *NORMALIZATIONS, *ENCODINGS, *CROSSENTROPIES, *CTC)
