"""Functions of one, two or three tensors element by element."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .writer import Emit, Node, Writer

Function = Callable[..., str]  # (writer, node, names of the inputs) -> name of the output


def _plain(kind: str, **attributes: Any) -> Function:
    """One node of ONNX."""
    return lambda w, n, *names: w.node(kind, names, **attributes)


def _alpha(kind: str) -> Function:
    return lambda w, n, x: w.node(kind, [x], alpha=float(n["alpha"]))


def _in_logarithm(base: float) -> Function:
    return lambda w, n, x: w.node("Div", [w.node("Log", [x]), w.scalar(math.log(base), n.dtype)])


def _silu(w: Writer, n: Node, x: str) -> str:
    return w.node("Mul", [x, w.node("Sigmoid", [x])])


def _trunc(w: Writer, n: Node, x: str) -> str:
    return w.node("Mul", [w.node("Sign", [x]), w.node("Floor", [w.node("Abs", [x])])])


def _expm1(w: Writer, n: Node, x: str) -> str:
    """tanh(x / 2) (e^x + 1), without cancellation."""
    half = w.node("Tanh", [w.node("Mul", [x, w.scalar(0.5, n.dtype)])])
    return w.node("Mul", [half, w.node("Add", [w.node("Exp", [x]), w.scalar(1, n.dtype)])])


def _log1p(w: Writer, n: Node, x: str) -> str:
    """log(u) x / (u - 1) with u the rounded 1 + x: the errors of the two cancel (Kahan)."""
    one = w.scalar(1, n.dtype)
    u = w.node("Add", [x, one])
    log = w.node("Log", [u])
    better = w.node("Mul", [log, w.node("Div", [x, w.node("Sub", [u, one])])])
    return w.node(
        "Where",
        [w.node("Equal", [u, one]), x, w.node("Where", [w.node("Equal", [u, x]), log, better])],
    )


def _cbrt(w: Writer, n: Node, x: str) -> str:
    return w.node("Mul", [w.node("Sign", [x]), w.node("Pow", [w.node("Abs", [x]), w.scalar(1 / 3, n.dtype)])])


def _floor_divide(w: Writer, n: Node, a: str, b: str) -> str:
    if n.dtype.startswith("float"):
        return w.node("Floor", [w.node("Div", [a, b])])
    return w.floor_divide(a, b)


def _mod(w: Writer, n: Node, a: str, b: str) -> str:
    if not n.dtype.startswith("float"):
        return w.node("Mod", [a, b])
    return w.node("Sub", [a, w.node("Mul", [w.node("Floor", [w.node("Div", [a, b])]), b])])


def _atan2(w: Writer, n: Node, y: str, x: str) -> str:
    zero, pi, right = (w.scalar(value, n.dtype) for value in (0, math.pi, math.pi / 2))
    below = w.node("Less", [y, zero])
    turned = w.node("Where", [below, w.node("Neg", [pi]), pi])
    angle = w.node("Atan", [w.node("Div", [y, x])])
    angle = w.node("Where", [w.node("Less", [x, zero]), w.node("Add", [angle, turned]), angle])
    upright = w.node("Mul", [w.node("Sign", [y]), right])
    return w.node("Where", [w.node("Equal", [x, zero]), upright, angle])


def _hypot(w: Writer, n: Node, a: str, b: str) -> str:
    a, b = w.node("Abs", [a]), w.node("Abs", [b])
    most, least = w.node("Max", [a, b]), w.node("Min", [a, b])
    ratio = w.node("Div", [least, w.node("Max", [most, w.scalar(1e-37, n.dtype)])])
    root = w.node("Sqrt", [w.node("Add", [w.node("Mul", [ratio, ratio]), w.scalar(1, n.dtype)])])
    return w.node("Mul", [most, root])


def _squared_difference(w: Writer, n: Node, a: str, b: str) -> str:
    difference = w.node("Sub", [a, b])
    return w.node("Mul", [difference, difference])


def _negated(function: Function) -> Function:
    return lambda w, n, *names: w.node("Not", [function(w, n, *names)])


def _is_finite(w: Writer, n: Node, x: str) -> str:
    return w.node("Not", [w.node("Or", [w.node("IsInf", [x]), w.node("IsNaN", [x])])])


def _of_bits(kind: str) -> Function:
    """A function of all bits, which of truth values is ONNX's logical one."""
    return lambda w, n, a, b: w.node(kind if n.dtype == "bool" else f"Bitwise{kind}", [a, b])


def _clip(w: Writer, n: Node, x: str) -> str:
    low, high = float(n["low"]), float(n["high"])
    dtype = "int32" if n.dtype == "uint8" else n.dtype
    if not dtype.startswith("float"):
        ends = np.iinfo(n.dtype)
        low, high = max(low, ends.min), min(high, ends.max)
    return w.node("Clip", [x, w.scalar(low, dtype), w.scalar(high, dtype)])


def _relu6(w: Writer, n: Node, x: str) -> str:
    return w.node("Clip", [x, w.scalar(0, n.dtype), w.scalar(6, n.dtype)])


def _cast(w: Writer, n: Node, x: str) -> str:
    if n["dtype"] == "uint8" and n.dtype.startswith("float"):  # what is beyond the ends becomes the end
        x = w.node("Clip", [x, w.scalar(0, n.dtype), w.scalar(255, n.dtype)])
    return w.cast(x, n["dtype"])


FUNCTIONS: dict[str, Function] = {
    "negative": _plain("Neg"),
    "absolute": _plain("Abs"),
    "square": lambda w, n, x: w.node("Mul", [x, x]),
    "sign": _plain("Sign"),
    "floor": _plain("Floor"),
    "ceil": _plain("Ceil"),
    "round": _plain("Round"),
    "trunc": _trunc,
    "reciprocal": _plain("Reciprocal"),
    "sqrt": _plain("Sqrt"),
    "rsqrt": lambda w, n, x: w.node("Reciprocal", [w.node("Sqrt", [x])]),
    "exp": _plain("Exp"),
    "expm1": _expm1,
    "log": _plain("Log"),
    "log1p": _log1p,
    "sin": _plain("Sin"),
    "cos": _plain("Cos"),
    "tan": _plain("Tan"),
    "asin": _plain("Asin"),
    "acos": _plain("Acos"),
    "atan": _plain("Atan"),
    "sinh": _plain("Sinh"),
    "cosh": _plain("Cosh"),
    "asinh": _plain("Asinh"),
    "acosh": _plain("Acosh"),
    "atanh": _plain("Atanh"),
    "tanh": _plain("Tanh"),
    "erf": _plain("Erf"),
    "sigmoid": _plain("Sigmoid"),
    "softplus": _plain("Softplus"),
    "log_sigmoid": lambda w, n, x: w.node("Neg", [w.node("Softplus", [w.node("Neg", [x])])]),
    "relu": _plain("Relu"),
    "relu6": _relu6,
    "silu": _silu,
    "gelu": _plain("Gelu"),
    "gelu_tanh": _plain("Gelu", approximate="tanh"),
    "softsign": _plain("Softsign"),
    "hard_sigmoid": _plain("HardSigmoid", alpha=1 / 6, beta=0.5),
    "hard_silu": _plain("HardSwish"),
    "elu": _alpha("Elu"),
    "leaky_relu": _alpha("LeakyRelu"),
    "selu": _plain("Selu"),
    "celu": _alpha("Celu"),
    "mish": _plain("Mish"),
    "cbrt": _cbrt,
    "exp2": lambda w, n, x: w.node("Pow", [w.scalar(2, n.dtype), x]),
    "log2": _in_logarithm(2),
    "log10": _in_logarithm(10),
    "add": _plain("Add"),
    "subtract": _plain("Sub"),
    "multiply": _plain("Mul"),
    "divide": _plain("Div"),
    "maximum": _plain("Max"),
    "minimum": _plain("Min"),
    "power": _plain("Pow"),
    "floor_divide": _floor_divide,
    "mod": _mod,
    "fmod": _plain("Mod", fmod=1),
    "atan2": _atan2,
    "hypot": _hypot,
    "squared_difference": _squared_difference,
    "bitwise_and": _of_bits("And"),
    "bitwise_or": _of_bits("Or"),
    "bitwise_xor": _of_bits("Xor"),
    "logical_and": _plain("And"),
    "logical_or": _plain("Or"),
    "logical_xor": _plain("Xor"),
    "logical_not": _plain("Not"),
    "equal": _plain("Equal"),
    "not_equal": _negated(_plain("Equal")),
    "less": _plain("Less"),
    "less_equal": _plain("LessOrEqual"),
    "greater": _plain("Greater"),
    "greater_equal": _plain("GreaterOrEqual"),
    "is_finite": _is_finite,
    "is_nan": _plain("IsNaN"),
    "is_inf": _plain("IsInf"),
    "where": _plain("Where"),
    "clip": _clip,
    "cast": _cast,
}


# ONNX or its runtime computes these with numbers of one byte only in others.
_WIDE = {
    *("negative", "absolute", "square", "sign", "add", "subtract", "multiply", "maximum", "minimum", "power"),
    *("floor_divide", "mod", "fmod", "squared_difference", "where", "clip"),
}
_COMPARE = {"equal", "not_equal", "less", "less_equal", "greater", "greater_equal"}


def _emit(op: str, function: Function) -> Emit:
    def emit(w: Writer, n: Node) -> str:
        names = [w.name(value) for value in n.inputs]
        if op in _WIDE | _COMPARE and n.inputs[-1].dtype in ("bool", "uint8"):
            first = 1 if op == "where" else 0
            names[first:] = [w.cast(name, "int32") for name in names[first:]]
            result = function(w, n, *names)
            return result if op in _COMPARE else w.cast(result, n.outputs[0].dtype)
        rank = len(n.dims)
        if rank >= 3 and any(map(w.is_image, names)):
            moved = [_where_channels_are_first(w, value, name, rank) for value, name in zip(n.inputs, names)]
            if None not in moved:
                return w.channels_last(function(w, n, *moved), rank)
        return function(w, n, *names)

    return emit


def _where_channels_are_first(w: Writer, value: Any, name: str, rank: int) -> str | None:
    """The name of an operand that fits channels first; None if that costs more than it gains."""
    if value.ndim == rank and w.is_image(name):
        return w.channels_first(name, rank)
    if all(size == 1 for size in value.dims) and value.ndim < rank:
        return name
    if value.ndim == 1 and isinstance(value.dims[0], int):  # one number per channel
        return w.node("Reshape", [name, w.integers([value.dims[0], *[1] * (rank - 2)])])
    return None


def activate(w: Writer, n: Node, activation: str, x: str) -> str:
    """The activation that an op has in itself."""
    return x if activation == "linear" else FUNCTIONS[activation](w, n, x)


TABLE: dict[str, Emit] = {
    **{op: _emit(op, function) for op, function in FUNCTIONS.items()},
    "identity": lambda w, n: w.name(n.inputs[0]),
    "stop_gradient": lambda w, n: w.name(n.inputs[0]),
    "after": lambda w, n: w.name(n.inputs[0]),
}
