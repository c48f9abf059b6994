"""What a call of a layer takes over from its signature, and from the calls around it."""

from __future__ import annotations

import contextvars
import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

from .. import _core, tree

Tensor = _core.Tensor


class CallSignature(NamedTuple):
    """The arguments of a `call`: all, those without a default, the defaults, and whether it takes these two."""

    names: tuple[str, ...]
    required: tuple[str, ...]
    defaults: dict[str, Any]
    has_training: bool
    has_mask: bool


class CallContext(NamedTuple):
    """What calls of layers inside a call take over from it."""

    training: bool | None
    depth: int


_signatures: dict[Any, CallSignature] = {}
_OUTSIDE = CallContext(None, 0)
context: contextvars.ContextVar[CallContext] = contextvars.ContextVar("call", default=_OUTSIDE)


def name_layer(error: Exception, layer: Any, arguments: dict[str, Any]) -> None:
    """Adds to an error of an op which layer it came from, the innermost one, and what that was called on."""
    if getattr(error, "layer_is_named", False) or len(error.args) != 1 or not isinstance(error.args[0], str):
        return
    inputs = [f"{t.dtype} {t.shape}" for t in tree.flatten(arguments) if isinstance(t, Tensor)]
    if inputs and repr(layer.name) not in error.args[0]:
        place = f"This was in layer {layer.name!r} ({type(layer).__name__}), called on {', '.join(inputs)}."
        error.args = (f"{error.args[0]} {place}",)
    error.layer_is_named = True  # type: ignore[attr-defined]


def call_signature(function: Callable[..., Any]) -> CallSignature:
    """The arguments that a `call` takes."""
    key = getattr(function, "__func__", function)
    found = _signatures.get(key)
    if found is None:
        parameters = inspect.signature(function).parameters
        names = tuple(n for n, p in parameters.items() if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL))
        defaults = {n: p.default for n, p in parameters.items() if p.default is not p.empty}
        required = tuple(name for name in names if name not in defaults)
        found = CallSignature(names, required, defaults, "training" in names, "mask" in names)
        _signatures[key] = found
    return found


def call_depth() -> int:
    """How many layers are being called around this place."""
    return context.get().depth
