"""Gradients of anything computed with tensors, variables and layers.

>>> import lamina
>>> x = lamina.Variable(3.0)
>>> with lamina.GradientTape() as tape:
...     y = x * x
>>> tape.gradient(y, x).item()
6.0
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Sequence
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

    Trainable variables are watched by themselves (unless `watch_accessed_variables=False`), everything else after
    `watch`. Without `persistent` it gives gradients once. Tapes may be nested: the gradient that an inner one gives can
    be differentiated by the outer one.
    """

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True) -> None:
        self.persistent = persistent
        self._variables: set[int] | None = None if watch_accessed_variables else set()  # those watched, if not all
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
            if isinstance(core, _core.Variable) and self._variables is not None:
                self._variables.add(id(core))
            self._tape.watch(core.value if isinstance(core, _core.Variable) else convert_to_tensor(t))

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
        wanted = tree.flatten(sources)
        found = gradients(tree.flatten(target), wanted, output_gradients, zero)
        if self._variables is not None:
            watched = self._variables
            cores = [getattr(source, "core", None) for source in wanted]
            found = [None if c is not None and id(c) not in watched else g for g, c in zip(found, cores)]
        return tree.pack_sequence_as(sources, found)


def gradients(targets: list[Any], sources: list[Any], output_gradients: Any = None, zero: bool = False) -> list[Any]:
    """The gradients of the sum of `targets` with respect to variables and tensors."""
    wanted = [getattr(source, "core", source) for source in sources]
    given = None
    if output_gradients is not None:
        given = [convert_to_tensor(g, t.dtype) for g, t in zip(tree.flatten(output_gradients), targets)]
    # What counts is the value that a variable has now: a traced step may have assigned it before.
    found = _core.gradient(targets, [w.value if isinstance(w, _core.Variable) else w for w in wanted], given)
    earlier = [i for i, w in enumerate(wanted) if found[i] is None and isinstance(w, _core.Variable)]
    if earlier and _core.Trace.active():
        for i, gradient in zip(earlier, _core.gradient(targets, [wanted[i] for i in earlier], given)):
            found[i] = gradient
    if zero:
        from .ops import zeros_like

        found = [zeros_like(s) if g is None else g for g, s in zip(found, sources)]
    return found


def value_and_grad(
    function: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """A function that gives (function(*args), its gradient with respect to the arguments `argnums`).

    The arguments are tensors or nests of them; the gradients have their structure. `function` gives a floating scalar,
    or (scalar, anything) with `has_aux`. ValueError when it gives something else.

    >>> import lamina
    >>> value, slope = lamina.value_and_grad(lambda x: lamina.ops.sum(x**2))(lamina.ops.convert_to_tensor([1.0, 3.0]))
    >>> value.item(), slope.numpy().tolist()
    (10.0, [2.0, 6.0])
    """

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        places = [argnums] if isinstance(argnums, int) else list(argnums)
        arguments = list(args)
        with GradientTape() as tape:
            for i in places:
                arguments[i] = tree.map_structure(_fresh, arguments[i])
                tape.watch(arguments[i])
            result = function(*arguments, **kwargs)
        target = result[0] if has_aux else result
        if not isinstance(target, _core.Tensor) or target.ndim != 0:
            raise ValueError(
                explain(
                    "A gradient is taken of a single number.",
                    "a scalar tensor" + (" and anything else, as has_aux=True" if has_aux else ""),
                    f"shape {target.shape}" if isinstance(target, _core.Tensor) else type(target).__name__,
                    "reduce the result, e.g. with ops.sum or ops.mean.",
                )
            )
        found = tape.gradient(target, [arguments[i] for i in places], unconnected_gradients="zero")
        return result, found[0] if isinstance(argnums, int) else tuple(found)

    return run


def _fresh(x: Any) -> Any:
    """The same numbers as a tensor of its own, so that watching it watches nothing else."""
    return _core.ops.identity(convert_to_tensor(x))


def grad(function: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Callable[..., Any]:
    """A function that gives the gradient of `function`; with `has_aux` (gradient, what else it gave).

    >>> import lamina
    >>> lamina.grad(lamina.grad(lambda x: x**3))(lamina.ops.convert_to_tensor(2.0)).item()
    12.0
    """
    both = value_and_grad(function, argnums, has_aux)

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        result, found = both(*args, **kwargs)
        return (found, result[1]) if has_aux else found

    return run


def jvp(fun: Callable[..., Any], primals: Any, tangents: Any, has_aux: bool = False) -> Any:
    """(fun(*primals), its derivative in the direction `tangents`), and what else fun gave with `has_aux`.

    The derivative is linear in the gradients of the outputs, so it is the gradient of the gradient with respect to
    them: every op on the way needs a gradient that has one.
    """
    with GradientTape(persistent=True) as outer:
        points = tree.map_structure(_fresh, list(primals))
        outer.watch(points)
        result = fun(*points)
        value = result[0] if has_aux else result
        outputs = [convert_to_tensor(leaf) for leaf in tree.flatten(value)]
        seeds = [_core.ops.fill(shape=list(y.dims), value=0.0, dtype=y.dtype) for y in outputs]
        outer.watch(seeds)
        pulled = gradients(outputs, tree.flatten(points), seeds)
        given = [convert_to_tensor(t, p.dtype) for t, p in zip(tree.flatten(list(tangents)), tree.flatten(points))]
        used = [(g, t) for g, t in zip(pulled, given) if g is not None]
    found = gradients([g for g, _ in used], seeds, [t for _, t in used], zero=True) if used else seeds
    derivative = tree.pack_sequence_as(value, found)
    return (value, derivative, result[1]) if has_aux else (value, derivative)


def remat(f: Callable[..., Any]) -> Callable[..., Any]:
    """`f`, which computes again for its gradient what it computes: only its inputs and outputs are kept till then.

    Less memory for more time: values and gradients are the same to the bit. What `f` draws at random is drawn again
    alike, and what it assigns to variables (moving statistics, states of seeds) changes once. Of a layer it makes a
    `layers.Remat`; what layers a model has is found only so.

    >>> import lamina
    >>> def block(x):
    ...     for _ in range(3):
    ...         x = x + lamina.ops.tanh(x)
    ...     return x
    >>> lamina.grad(lamina.remat(block))(lamina.ops.convert_to_tensor(0.0)).item()
    8.0
    """
    from .recomputing import recomputing

    return recomputing(f)
