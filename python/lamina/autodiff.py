"""Gradients of anything computed with tensors, variables and layers.

>>> import lamina
>>> x = lamina.Variable(3.0)
>>> with lamina.GradientTape() as tape:
...     y = x * x
>>> tape.gradient(y, x).item()
6.0
"""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Any

from . import _core, tree
from .checks import explain
from .ops.convert import convert_to_tensor

_open = threading.local()


def tape_is_open() -> bool:
    """Whether this thread records for a gradient now."""
    return getattr(_open, "count", 0) > 0


class GradientTape:
    """Records what happens in its `with` block; then `gradient(target, sources)`.

    Trainable variables are watched by themselves, tensors after `watch`. Without `persistent` it gives gradients once.
    """

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True) -> None:
        self.persistent = persistent
        self._tape: Any = _core.Tape()
        self._used = False

    def __enter__(self) -> GradientTape:
        self._tape.__enter__()
        _open.count = getattr(_open, "count", 0) + 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _open.count -= 1
        self._tape.__exit__(kind, error, trace)

    def watch(self, tensor: Any) -> None:
        """Makes gradients with respect to a tensor (or a nest of them) available."""
        for t in tree.flatten(tensor):
            core = getattr(t, "core", None)
            self._tape.watch(core.value if isinstance(core, _core.Variable) else t)

    def gradient(
        self, target: Any, sources: Any, output_gradients: Any = None, unconnected_gradients: str = "none"
    ) -> Any:
        """d sum(target) / d source for each of `sources`, in their structure; None where nothing leads to the target.

        RuntimeError when a tape that is not persistent is asked twice.
        """
        if self._used and not self.persistent:
            raise RuntimeError(
                explain(
                    "A tape was asked for gradients twice.",
                    "one call of `gradient`",
                    "a second one",
                    "use GradientTape(persistent=True).",
                )
            )
        self._used = True
        zero = unconnected_gradients == "zero"
        found = gradients(tree.flatten(target), tree.flatten(sources), output_gradients, zero)
        return tree.pack_sequence_as(sources, found)


def gradients(targets: list[Any], sources: list[Any], output_gradients: Any = None, zero: bool = False) -> list[Any]:
    """The gradients of the sum of `targets` with respect to variables and tensors."""
    wanted = [getattr(source, "core", source) for source in sources]
    given = None
    if output_gradients is not None:
        given = [convert_to_tensor(g, t.dtype) for g, t in zip(tree.flatten(output_gradients), targets)]
    found = _core.gradient(targets, wanted, given)
    if zero:
        from .ops import zeros_like

        found = [zeros_like(s) if g is None else g for g, s in zip(found, sources)]
    return found
