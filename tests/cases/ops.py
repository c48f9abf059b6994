"""One row per op of the engine: inputs, attributes, what NumPy says, and what it is differentiable in."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cases.arrays import (
    Array,
    above_one,
    complexes,
    definite,
    distinct,
    flags,
    integers,
    positive,
    real,
    regular,
    state,
    symmetric,
    unit,
)


@dataclass(frozen=True)
class Op:
    name: str
    inputs: tuple[Array, ...]
    attributes: dict[str, Any] = field(default_factory=dict)
    reference: Callable[..., Any] | None = None  # of arrays, then the attributes by keyword
    wrt: tuple[int, ...] | None = None  # inputs with a gradient; None: all floats
    outputs: tuple[int, ...] | None = None  # outputs whose gradients are tested; None: the first
    large: tuple[Array, ...] | None = None  # inputs big enough for two threads
    label: str = ""

    @property
    def id(self) -> str:
        return self.name + (f"-{self.label}" if self.label else "")


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


def _softplus(x):
    return np.logaddexp(x, 0)


def _erf(x):
    return np.vectorize(math.erf)(x)


def _elu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * np.expm1(x))


SELU = (1.6732632423543772, 1.0507009873554805)
_NONE: tuple[int, ...] = ()

# name: (inputs drawn from, reference, differentiable)
_UNARY: dict[str, tuple[Any, Any, bool]] = {
    "negative": (real, np.negative, True),
    "absolute": (real, np.abs, True),
    "square": (real, np.square, True),
    "sign": (real, np.sign, False),
    "floor": (real, np.floor, False),
    "ceil": (real, np.ceil, False),
    "round": (real, np.round, False),
    "trunc": (real, np.trunc, False),
    "reciprocal": (positive, np.reciprocal, True),
    "sqrt": (positive, np.sqrt, True),
    "rsqrt": (positive, lambda x: 1 / np.sqrt(x), True),
    "exp": (real, np.exp, True),
    "expm1": (real, np.expm1, True),
    "log": (positive, np.log, True),
    "log1p": (positive, np.log1p, True),
    "sin": (real, np.sin, True),
    "cos": (real, np.cos, True),
    "tan": (unit, np.tan, True),
    "asin": (unit, np.arcsin, True),
    "acos": (unit, np.arccos, True),
    "atan": (real, np.arctan, True),
    "sinh": (real, np.sinh, True),
    "cosh": (real, np.cosh, True),
    "asinh": (real, np.arcsinh, True),
    "acosh": (above_one, np.arccosh, True),
    "atanh": (unit, np.arctanh, True),
    "tanh": (real, np.tanh, True),
    "erf": (real, _erf, True),
    "sigmoid": (real, _sigmoid, True),
    "softplus": (real, _softplus, True),
    "log_sigmoid": (real, lambda x: -_softplus(-x), True),
    "relu": (real, lambda x: np.maximum(x, 0), True),
    "relu6": (real, lambda x: np.clip(x, 0, 6), True),
    "silu": (real, lambda x: x * _sigmoid(x), True),
    "gelu": (real, lambda x: x * 0.5 * (1 + _erf(x / math.sqrt(2))), True),
    "gelu_tanh": (real, lambda x: 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))), True),
    "softsign": (real, lambda x: x / (1 + np.abs(x)), True),
    "hard_sigmoid": (real, lambda x: np.clip(x / 6 + 0.5, 0, 1), True),
    "hard_silu": (real, lambda x: x * np.clip(x / 6 + 0.5, 0, 1), True),
    "selu": (real, lambda x: SELU[1] * _elu(x, SELU[0]), True),
    "mish": (real, lambda x: x * np.tanh(_softplus(x)), True),
}
_WITH_ALPHA = {
    "elu": _elu,
    "leaky_relu": lambda x, alpha: np.where(x > 0, x, alpha * x),
    "celu": lambda x, alpha: np.where(x > 0, x, alpha * np.expm1(x / alpha)),
}
_BINARY: dict[str, tuple[Any, Any, bool]] = {
    "add": (real, np.add, True),
    "subtract": (real, np.subtract, True),
    "multiply": (real, np.multiply, True),
    "divide": (positive, np.divide, True),
    "maximum": (distinct, np.maximum, False),
    "minimum": (distinct, np.minimum, False),
    "power": (positive, np.power, True),
    "floor_divide": (positive, np.floor_divide, False),
    "mod": (positive, np.mod, False),
    "atan2": (positive, np.arctan2, True),
    "squared_difference": (real, lambda a, b: (a - b) ** 2, True),
}
_COMPARE = {
    "equal": np.equal,
    "not_equal": np.not_equal,
    "less": np.less,
    "less_equal": np.less_equal,
    "greater": np.greater,
    "greater_equal": np.greater_equal,
}
_LOGICAL = {"logical_and": np.logical_and, "logical_or": np.logical_or, "logical_xor": np.logical_xor}
_REDUCE = {"sum": np.sum, "mean": np.mean, "prod": np.prod, "max": np.max, "min": np.min}


def _reduce(function):
    return lambda x, axes, keepdims=False: function(x, axis=tuple(axes), keepdims=keepdims)


def _softmax(x, axis):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def _matmul(a, b, transpose_a=False, transpose_b=False):
    return np.matmul(a.swapaxes(-1, -2) if transpose_a else a, b.swapaxes(-1, -2) if transpose_b else b)


def _conv(x, kernel, bias=None, strides=(), padding="valid", dilation=(), groups=1, activation="linear"):
    """Straight from the definition, over all spatial ranks."""
    rank = x.ndim - 2
    strides, dilation = strides or [1] * rank, dilation or [1] * rank
    size = kernel.shape[:rank]
    reach = [(k - 1) * d + 1 for k, d in zip(size, dilation)]
    n = x.shape[1:-1]
    if padding == "same":
        out = [-(-a // s) for a, s in zip(n, strides)]
        total = [max((o - 1) * s + r - a, 0) for o, s, r, a in zip(out, strides, reach, n)]
        pads = [(t // 2, t - t // 2) for t in total]
    else:
        pads = [(reach[0] - 1, 0)] if padding == "causal" else [(0, 0)] * rank
        out = [(a + sum(p) - r) // s + 1 for a, p, r, s in zip(n, pads, reach, strides)]
    x = np.pad(x, [(0, 0), *pads, (0, 0)])
    y = np.zeros((x.shape[0], *out, kernel.shape[-1]))
    width_in, width_out = kernel.shape[-2], kernel.shape[-1] // groups
    for position in np.ndindex(*size):
        window = [slice(p * d, p * d + (o - 1) * s + 1, s) for p, d, o, s in zip(position, dilation, out, strides)]
        part = x[(slice(None), *window)]
        for g in range(groups):
            columns = slice(g * width_out, (g + 1) * width_out)
            y[..., columns] += part[..., g * width_in : (g + 1) * width_in] @ kernel[position][:, columns]
    return y if bias is None else y + bias


def _pool(function, empty):
    def pool(x, window, strides=(), padding="valid"):
        rank = x.ndim - 2
        strides = strides or window
        n = x.shape[1:-1]
        if padding == "same":
            out = [-(-a // s) for a, s in zip(n, strides)]
            lows = [max((o - 1) * s + w - a, 0) // 2 for o, s, w, a in zip(out, strides, window, n)]
        else:
            out, lows = [(a - w) // s + 1 for a, w, s in zip(n, window, strides)], [0] * rank
        y = np.empty((x.shape[0], *out, x.shape[-1]))
        for position in np.ndindex(*out):
            starts = [p * s - low for p, s, low in zip(position, strides, lows)]
            cut = [slice(max(b, 0), min(b + w, a)) for b, w, a in zip(starts, window, n)]
            y[(slice(None), *position)] = function(x[(slice(None), *cut)], axis=tuple(range(1, rank + 1)))
        return y

    return pool


def _batch_norm(x, gamma, beta, epsilon, axis):
    axes = tuple(i for i in range(x.ndim) if i != axis % x.ndim)
    mean, variance = x.mean(axes), x.var(axes)
    return (
        _batch_norm_inference(x, gamma, beta, mean, variance, epsilon, axis),
        mean,
        variance,
        (variance + epsilon) ** -0.5,
    )


def _batch_norm_inference(x, gamma, beta, mean, variance, epsilon, axis):
    shape = [-1 if i == axis % x.ndim else 1 for i in range(x.ndim)]
    gamma, beta, mean, variance = (v.reshape(shape) for v in (gamma, beta, mean, variance))
    return (x - mean) / np.sqrt(variance + epsilon) * gamma + beta


def _layer_norm(x, gamma, beta, epsilon, axes):
    over = tuple(range(x.ndim - axes, x.ndim))
    mean, variance = x.mean(over, keepdims=True), x.var(over, keepdims=True)
    return (x - mean) / np.sqrt(variance + epsilon) * gamma + beta


def _crossentropy(logits, labels):
    logs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    return -np.take_along_axis(logs, labels[..., None], -1)[..., 0]


def _scatter_add(updates, indices, axis, shape):
    out = np.zeros(shape)
    np.add.at(out, indices, updates)
    return out


def _sgd(p, g, rate, m=None, momentum=0.0, nesterov=False):
    if m is None:
        return p - rate * g
    m = momentum * m - rate * g
    return (p + momentum * m - rate * g if nesterov else p + m), m


def _adam(p, g, m, v, alpha, v_hat=None, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    m, v = m + (g - m) * (1 - beta_1), v + (g * g - v) * (1 - beta_2)
    if v_hat is None:
        return p - alpha * m / (np.sqrt(v) + epsilon), m, v
    v_hat = np.maximum(v_hat, v)
    return p - alpha * m / (np.sqrt(v_hat) + epsilon), m, v, v_hat


def _rmsprop(p, g, rate, v, *rest, rho, momentum, epsilon, centered):
    rest = list(rest)
    v = rho * v + (1 - rho) * g * g
    out = [v]
    under = v
    if centered:
        a = rho * rest.pop(0) + (1 - rho) * g
        under = v - a * a
        out.append(a)
    step = rate * g / np.sqrt(under + epsilon)
    if momentum:
        step = momentum * rest.pop(0) + step
        out.append(step)
    return p - step, *out


def _sum_to(x, shape):
    lead = x.ndim - len(shape)
    x = x.sum(tuple(range(lead)))
    return x.sum(tuple(i for i, n in enumerate(shape) if n == 1 != x.shape[i]), keepdims=True)


def _lu(x):
    """(L and U in one, pivots, permutation) of a stack of matrices, straight from the textbook."""
    packed = np.array(x)
    *batch, m, n = x.shape
    pivots = np.zeros((*batch, min(m, n)), "int32")
    order = np.broadcast_to(np.arange(m, dtype="int32"), (*batch, m)).copy()
    for at in np.ndindex(*batch):
        a = packed[at]
        for j in range(min(m, n)):
            pivots[(*at, j)] = p = j + np.argmax(np.abs(a[j:, j]))
            a[[j, p]] = a[[p, j]]
            order[at][[j, p]] = order[at][[p, j]]
            a[j + 1 :, j] /= a[j, j]
            a[j + 1 :, j + 1 :] -= np.outer(a[j + 1 :, j], a[j, j + 1 :])
    return packed, pivots, order


def _triangular_solve(a, b, lower=False, transpose=False, unit_diagonal=False):
    a = np.tril(a) if lower else np.triu(a)
    if unit_diagonal:
        eye = np.eye(a.shape[-1])
        a = a * (1 - eye) + eye
    return np.linalg.solve(a.swapaxes(-1, -2) if transpose else a, b)


def _fft(re, im, inverse=False):
    x = re + 1j * im
    y = np.fft.ifft(x, norm="forward") if inverse else np.fft.fft(x)
    return y.real, y.imag


def _interior(n, factor):
    k = np.arange(n // 2 + 1)
    return np.where((k > 0) & (2 * k < n), factor, 1.0)


def _rfft(x, interior=1.0):
    y = np.fft.rfft(x) * _interior(x.shape[-1], interior)
    return y.real, y.imag


def _irfft(re, im, length, interior=2.0):
    return np.fft.irfft((re + 1j * im) * _interior(length, interior / 2), length, norm="forward")


A = dict
P5 = positive(4, 3)  # a parameter of optimizer rows

OPS: tuple[Op, ...] = (
    *(
        Op(name, (draw(5, 7),), {}, reference, None if smooth else _NONE, large=(draw(300, 1000),))
        for name, (draw, reference, smooth) in _UNARY.items()
    ),
    *(Op(name, (real(5, 7),), A(alpha=0.7), reference) for name, reference in _WITH_ALPHA.items()),
    Op("unary_grad", (unit(5, 7), real(5, 7)), A(function="tanh", alpha=1.0), lambda y, dy, **_: dy * (1 - y * y)),
    *(
        Op(name, (draw(4, 1, 5), draw(3, 5)), {}, reference, None if smooth else _NONE, large=(draw(300, 1000),) * 2)
        for name, (draw, reference, smooth) in _BINARY.items()
    ),
    *(Op(name, (integers(3, 4, 5), integers(3, 5)), {}, reference) for name, reference in _COMPARE.items()),
    *(Op(name, (flags(4, 5), flags(5)), {}, reference) for name, reference in _LOGICAL.items()),
    Op("is_finite", (real(4),), {}, np.isfinite, _NONE),
    Op("is_nan", (real(4),), {}, np.isnan, _NONE),
    Op("is_inf", (real(4),), {}, np.isinf, _NONE),
    Op("logical_not", (flags(4, 5),), {}, np.logical_not),
    Op("where", (flags(4, 1), real(4, 5), real(5)), {}, np.where),
    Op("clip", (real(5, 7),), A(low=-0.75, high=0.75), lambda x, low, high: np.clip(x, low, high)),
    Op("cast", (real(3, 4),), A(dtype="int32"), lambda x, dtype: x.astype(dtype), _NONE),
    Op("identity", (real(3, 4),), {}, lambda x: x),
    Op("stop_gradient", (real(3, 4),), {}, lambda x: x, _NONE),
    *(
        Op(
            name,
            (distinct(4, 3, 5),),
            A(axes=[0, 2], keepdims=keep),
            _reduce(f),
            large=(real(300, 50, 40),),
            label=str(keep),
        )
        for name, f in _REDUCE.items()
        for keep in (False, True)
    ),
    *(Op(name, (flags(4, 3),), A(axes=[1]), _reduce(f)) for name, f in (("any", np.any), ("all", np.all))),
    Op("argmax", (distinct(4, 6),), A(axis=1), lambda x, axis: np.argmax(x, axis), _NONE),
    Op("argmin", (distinct(4, 6),), A(axis=0), lambda x, axis: np.argmin(x, axis), _NONE),
    Op("sum_to", (real(2, 4, 5),), A(shape=[4, 1]), _sum_to),
    Op("matmul", (real(2, 4, 3), real(3, 5)), {}, _matmul, large=(real(300, 200), real(200, 250))),
    Op("matmul", (real(2, 3, 4), real(2, 5, 3)), A(transpose_a=True, transpose_b=True), _matmul, label="transposed"),
    Op(
        "linear",
        (real(2, 4, 3), real(3, 5), real(5)),
        {},
        lambda x, k, b: x @ k + b,
        large=(real(300, 200), real(200, 250), real(250)),
    ),
    Op("linear", (real(4, 3), real(3, 5)), A(activation="tanh"), lambda x, k, activation: np.tanh(x @ k), label="tanh"),
    Op(
        "conv",
        (real(2, 7, 6, 3), real(3, 2, 3, 4), real(4)),
        A(strides=[2, 1], padding="same"),
        _conv,
        large=(real(4, 30, 30, 16), real(3, 2, 16, 32), real(32)),
    ),
    Op("conv", (real(2, 9, 4), real(3, 2, 6)), A(padding="causal", dilation=[2], groups=2), _conv, label="1d"),
    Op("conv", (real(1, 4, 5, 4, 2), real(2, 3, 2, 2, 3)), {}, _conv, label="3d"),
    Op("conv_grad_input", (real(2, 5, 4, 4), real(3, 3, 3, 4)), A(input_shape=[2, 7, 6, 3])),
    Op("conv_grad_kernel", (real(2, 7, 6, 3), real(2, 5, 4, 4)), A(kernel_shape=[3, 3, 3, 4])),
    Op(
        "max_pool",
        (distinct(2, 5, 6, 3),),
        A(window=[2, 3], strides=[2, 2], padding="same"),
        _pool(np.max, -np.inf),
        large=(real(8, 40, 40, 32),),
    ),
    Op("max_pool_grad", (distinct(2, 4, 6, 3), real(2, 2, 3, 3), real(2, 2, 3, 3)), A(window=[2, 2]), wrt=_NONE),
    Op(
        "average_pool",
        (real(2, 5, 6, 3),),
        A(window=[2, 3], strides=[2, 2], padding="same"),
        _pool(np.mean, 0),
        large=(real(8, 40, 40, 32),),
    ),
    Op("average_pool_grad", (real(2, 2, 3, 3),), A(window=[2, 2], input_shape=[2, 4, 6, 3])),
    Op(
        "batch_norm",
        (real(6, 4, 5), real(5), real(5)),
        A(epsilon=1e-3, axis=-1),
        _batch_norm,
        outputs=(0, 1, 2, 3),
        large=(real(64, 50, 40), real(40), real(40)),
    ),
    Op(
        "batch_norm",
        (real(6, 4, 5), real(4), real(4)),
        A(epsilon=1e-3, axis=1),
        _batch_norm,
        outputs=(0, 1, 2, 3),
        label="axis1",
    ),
    Op("batch_norm_grad", (real(6, 5), real(6, 5), real(5), real(5), positive(5)), A(axis=-1), wrt=_NONE),
    Op(
        "batch_norm_inference",
        (real(6, 4, 5), real(5), real(5), real(5), positive(5)),
        A(epsilon=1e-3, axis=-1),
        _batch_norm_inference,
    ),
    Op(
        "layer_norm",
        (real(4, 3, 5), real(5), real(5)),
        A(epsilon=1e-3, axes=1),
        _layer_norm,
        outputs=(0,),
        large=(real(300, 20, 40), real(40), real(40)),
    ),
    Op(
        "layer_norm",
        (real(4, 3, 5), real(3, 5), real(3, 5)),
        A(epsilon=1e-3, axes=2),
        _layer_norm,
        outputs=(0,),
        label="2",
    ),
    Op("layer_norm_grad", (real(4, 5), real(4, 5), real(5), real(4), positive(4)), A(axes=1), wrt=_NONE),
    Op("softmax", (real(4, 3, 5),), A(axis=-1), _softmax, large=(real(300, 400),)),
    Op("softmax", (real(4, 3, 5),), A(axis=1), _softmax, label="axis1"),
    Op("log_softmax", (real(4, 5),), A(axis=-1), lambda x, axis: np.log(_softmax(x, axis)), large=(real(300, 400),)),
    Op("softmax_grad", (positive(4, 5), real(4, 5)), A(axis=-1)),
    Op("log_softmax_grad", (real(4, 5), real(4, 5)), A(axis=-1)),
    Op(
        "sparse_crossentropy",
        (real(4, 3, 5), integers(5, 4, 3)),
        {},
        _crossentropy,
        large=(real(300, 400), integers(400, 300)),
    ),
    Op("sparse_crossentropy_grad", (real(6, 5), integers(5, 6), real(6)), {}, wrt=_NONE),
    Op("take", (real(6, 4), integers(6, 3, 2)), A(axis=0), lambda x, i, axis: np.take(x, i, axis)),
    Op("take", (real(6, 4), integers(4, 5)), A(axis=1), lambda x, i, axis: np.take(x, i, axis), label="axis1"),
    Op("scatter_add", (real(5, 4), integers(6, 5)), A(axis=0, shape=[6, 4]), _scatter_add),
    Op(
        "one_hot",
        (integers(7, 4, low=-1),),
        A(classes=6, dtype="float32"),
        lambda i, classes, dtype: np.where((i >= 0) & (i < classes), 1, 0)[:, None] * np.eye(8)[i][:, :classes],
    ),
    Op("reshape", (real(4, 6),), A(shape=[2, -1, 3]), lambda x, shape: x.reshape(shape)),
    Op("transpose", (real(4, 3, 5),), A(axes=[2, 0, 1]), lambda x, axes: x.transpose(axes)),
    Op("broadcast_to", (real(4, 1),), A(shape=[2, 4, 3]), lambda x, shape: np.broadcast_to(x, shape)),
    Op("concatenate", (real(4, 2), real(4, 3), real(4, 1)), A(axis=1), lambda *xs, axis: np.concatenate(xs, axis)),
    Op("slice", (real(6, 5),), A(starts=[1, 0], stops=[6, 5], strides=[2, 1]), lambda x, **_: x[1:6:2]),
    Op("slice_grad", (real(3, 5),), A(shape=[6, 5], starts=[1, 0], stops=[6, 5], strides=[2, 1])),
    Op(
        "pad",
        (real(3, 4),),
        A(low=[1, 0], high=[0, 2], value=0.5),
        lambda x, low, high, value: np.pad(x, list(zip(low, high)), constant_values=value),
    ),
    Op(
        "fill",
        (),
        A(shape=[2, 3], value=1.5, dtype="float64"),
        lambda shape, value, dtype: np.full(shape, value, dtype),
    ),
    Op("arange", (), A(size=5, start=2.0, step=0.5, dtype="float64"), lambda **_: 2 + 0.5 * np.arange(5)),
    Op("dim_value", (), A(dim=6, dtype="float32"), lambda dim, dtype: np.asarray(dim, dtype)),
    Op("random_uniform", (state(),), A(shape=[4, 5], low=-1.0, high=1.0, dtype="float32")),
    Op("random_normal", (state(),), A(shape=[4, 5], mean=1.0, stddev=2.0, dtype="float32")),
    Op("random_truncated_normal", (state(),), A(shape=[4, 5], mean=0.0, stddev=2.0, dtype="float32")),
    Op("random_integers", (state(),), A(shape=[4, 5], low=-3, high=3)),
    Op("dropout", (real(6, 7), state()), A(rate=0.4), large=(real(300, 1000), state())),
    Op("sgd_update", (P5, real(4, 3), positive()), {}, _sgd, _NONE),
    Op(
        "sgd_update",
        (P5, real(4, 3), positive(), real(4, 3)),
        A(momentum=0.9, nesterov=True),
        _sgd,
        _NONE,
        label="nesterov",
    ),
    Op("adam_update", (P5, real(4, 3), real(4, 3), positive(4, 3), positive()), {}, _adam, _NONE),
    Op(
        "adam_update",
        (P5, real(4, 3), real(4, 3), positive(4, 3), positive(), positive(4, 3)),
        {},
        _adam,
        _NONE,
        label="amsgrad",
    ),
    Op(
        "rmsprop_update",
        (P5, real(4, 3), positive(), positive(4, 3)),
        A(rho=0.9, momentum=0.0, epsilon=1e-7, centered=False),
        _rmsprop,
        _NONE,
    ),
    Op(
        "rmsprop_update",
        (P5, real(4, 3), positive(), above_one(4, 3), unit(4, 3), real(4, 3)),
        A(rho=0.9, momentum=0.8, epsilon=1e-7, centered=True),
        _rmsprop,
        _NONE,
        label="centered",
    ),
    Op("view_as_complex", (real(3, 4, 2),), {}, lambda x: x[..., 0] + 1j * x[..., 1], _NONE),
    Op("view_as_real", (complexes(3, 4),), {}, lambda x: np.stack([x.real, x.imag], -1)),
    Op("cholesky", (definite(2, 4, 4),), {}, np.linalg.cholesky, large=(definite(400, 16, 16),)),
    *(
        Op(
            "triangular_solve",
            (regular(2, 4, 4), real(2, 4, 3)),
            A(lower=lower, transpose=transpose, unit_diagonal=unit_diagonal),
            _triangular_solve,
            large=(regular(400, 16, 16), real(400, 16, 3)),
            label=f"{lower}-{transpose}-{unit_diagonal}",
        )
        for lower in (False, True)
        for transpose in (False, True)
        for unit_diagonal in (False, True)
    ),
    Op(
        "solve",
        (regular(2, 4, 4), real(2, 4, 3)),
        {},
        lambda a, b: np.linalg.solve(a, b),
        large=(regular(400, 16, 16), real(400, 16, 3)),
    ),
    Op(
        "solve",
        (regular(2, 4, 4), real(2, 4, 3)),
        A(transpose=True),
        lambda a, b, transpose: np.linalg.solve(a.swapaxes(-1, -2), b),
        label="transposed",
    ),
    Op("lu", (regular(2, 5, 5),), {}, _lu, outputs=(0,), large=(regular(400, 16, 16),)),
    Op("lu", (regular(2, 5, 3),), {}, _lu, _NONE, label="tall"),
    Op("lu", (regular(2, 3, 5),), {}, _lu, _NONE, label="wide"),
    Op("qr", (regular(2, 4, 4),), {}, np.linalg.qr, outputs=(0, 1), large=(regular(400, 16, 16),)),
    Op("qr", (regular(2, 5, 3),), {}, np.linalg.qr, outputs=(0, 1), label="tall"),
    Op(
        "qr",
        (regular(2, 5, 3),),
        A(complete=True),
        lambda x, complete: np.linalg.qr(x, "complete"),
        _NONE,
        label="complete",
    ),
    # The signs and the order of vectors are free: their values are tested in tests/cases/calls/linalg.py.
    Op("eigh", (symmetric(2, 4, 4),), {}, outputs=(0, 1), large=(symmetric(400, 16, 16),)),
    Op("eig", (regular(2, 4, 4),), {}, wrt=_NONE, large=(regular(400, 16, 16),)),
    Op("svd", (regular(2, 4, 4),), {}, outputs=(0, 1, 2), large=(regular(400, 16, 16),)),
    Op("svd", (regular(2, 5, 3),), A(full_matrices=False), outputs=(0, 1, 2), label="tall"),
    Op("svd", (regular(2, 3, 5),), A(full_matrices=False), outputs=(0, 1, 2), label="wide"),
    Op("svd", (regular(2, 3, 5),), {}, outputs=(1,), label="full"),
    Op("svd", (regular(2, 5, 3),), A(compute_uv=False), np.linalg.svd, label="values"),
    *(
        Op("pinv", (regular(2, *shape),), A(rcond=1e-6), np.linalg.pinv, large=(regular(400, 9, 16),), label=label)
        for label, shape in (("tall", (5, 3)), ("wide", (3, 5)))
    ),
    *(
        Op("fft", (real(3, n), real(3, n)), A(inverse=inverse), _fft, outputs=(0, 1), label=f"{n}-{inverse}")
        for n in (1, 8, 12, 37)
        for inverse in (False, True)
    ),
    Op("fft", (real(20, 30), real(20, 30)), {}, _fft, outputs=(0, 1), large=(real(99, 512), real(99, 512)), label="30"),
    *(
        Op("rfft", (real(3, n),), A(interior=1.5), _rfft, outputs=(0, 1), large=(real(99, 512),), label=str(n))
        for n in (1, 2, 7, 12)
    ),
    *(
        Op("irfft", (real(3, n // 2 + 1), real(3, n // 2 + 1)), A(length=n), _irfft, label=str(n))
        for n in (1, 2, 7, 12)
    ),
)

# Inputs big enough for two threads, of ops whose attributes hold sizes: name -> (inputs, attributes).
LARGE: dict[str, tuple[tuple[Array, ...], dict[str, Any]]] = {
    "irfft": ((real(99, 257), real(99, 257)), A(length=512)),
    "conv_grad_input": ((real(4, 30, 30, 32), real(3, 3, 16, 32)), A(input_shape=[4, 32, 32, 16])),
    "conv_grad_kernel": ((real(4, 32, 32, 16), real(4, 30, 30, 32)), A(kernel_shape=[3, 3, 16, 32])),
    "max_pool_grad": ((distinct(8, 40, 40, 32), real(8, 20, 20, 32), real(8, 20, 20, 32)), A(window=[2, 2])),
    "average_pool_grad": ((real(8, 20, 20, 32),), A(window=[2, 2], input_shape=[8, 40, 40, 32])),
    "batch_norm_grad": ((real(3000, 40), real(3000, 40), real(40), real(40), positive(40)), A(axis=-1)),
    "layer_norm_grad": ((real(3000, 40), real(3000, 40), real(40), real(3000), positive(3000)), A(axes=1)),
    "softmax_grad": ((positive(300, 400), real(300, 400)), A(axis=-1)),
    "log_softmax_grad": ((real(300, 400), real(300, 400)), A(axis=-1)),
    "sparse_crossentropy_grad": ((real(300, 400), integers(400, 300), real(300)), {}),
    "sum_to": ((real(40, 300, 50),), A(shape=[300, 1])),
    "unary_grad": ((unit(300, 1000), real(300, 1000)), A(function="tanh", alpha=1.0)),
    "take": ((real(600, 40), integers(600, 9000)), A(axis=0)),
    "scatter_add": ((real(9000, 40), integers(600, 9000)), A(axis=0, shape=[600, 40])),
    "transpose": ((real(40, 300, 50),), A(axes=[2, 0, 1])),
    "broadcast_to": ((real(300, 1),), A(shape=[20, 300, 50])),
    "concatenate": ((real(300, 200), real(300, 300)), A(axis=1)),
    "random_uniform": ((state(),), A(shape=[300, 1000], low=-1.0, high=1.0, dtype="float32")),
    "random_normal": ((state(),), A(shape=[300, 1000], mean=1.0, stddev=2.0, dtype="float32")),
    "random_truncated_normal": ((state(),), A(shape=[300, 1000], mean=0.0, stddev=2.0, dtype="float32")),
    "random_integers": ((state(),), A(shape=[300, 1000], low=-3, high=3)),
    "sgd_update": ((positive(300, 1000), real(300, 1000), positive()), {}),
    "adam_update": ((positive(300, 1000), *[real(300, 1000)] * 2, positive(300, 1000), positive()), {}),
    "rmsprop_update": (
        (positive(300, 1000), real(300, 1000), positive(), positive(300, 1000)),
        A(rho=0.9, momentum=0.0, epsilon=1e-7, centered=False),
    ),
}
