"""Functions of scalars (or of vectors, matrices, ...) made functions of tensors."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..checks import explain
from .convert import convert_to_tensor
from .indexing import get_item
from .shapes import broadcast_to, reshape, stack

__all__ = ["vectorize"]


def vectorize(
    pyfunc: Callable[..., Any], *, excluded: Iterable[int] | None = None, signature: str | None = None
) -> Callable[..., Any]:
    """A function that calls `pyfunc` for each entry of its arguments, which broadcast, and joins the results.

    Arguments at the positions `excluded`, and those by name, go to it as they are. With a signature such as
    "(n),(n)->()" it gets the last axes of the arguments whole. It is called once per entry, so functions made of ops,
    which work on whole tensors, are faster without.

    >>> import lamina
    >>> lamina.ops.vectorize(lambda a, b: a + b)([1, 2, 3], 2).numpy().tolist()
    [3, 4, 5]
    """
    if not callable(pyfunc):
        raise TypeError(
            explain("vectorize: there is nothing to call.", "a function", f"pyfunc={pyfunc!r}", "pass a function.")
        )
    left_out = set(excluded or ())
    cores = _core_axes(signature)

    @functools.wraps(pyfunc)
    def vectorized(*args: Any, **kwargs: Any) -> Any:
        positions = [i for i in range(len(args)) if i not in left_out]
        tensors = [convert_to_tensor(args[i]) for i in positions]
        ranks = [len(core) for core in cores] if cores is not None else [0] * len(tensors)
        _check(signature, cores, ranks, tensors)
        loops = [t.shape[: t.ndim - rank] for t, rank in zip(tensors, ranks)]
        loop = _broadcast(loops)
        count = int(np.prod(loop, dtype=int))
        flat = []
        for tensor, rank in zip(tensors, ranks):
            core = list(tensor.dims[tensor.ndim - rank :])
            flat.append(reshape(broadcast_to(tensor, [*loop, *core]), [count, *core]))
        results = []
        for i in range(count):
            given = list(args)
            for position, tensor in zip(positions, flat):
                given[position] = get_item(tensor, i)
            results.append(pyfunc(*given, **kwargs))

        def join(values: list[Any]) -> Any:
            joined = stack([convert_to_tensor(v) for v in values])
            return reshape(joined, [*loop, *joined.dims[1:]])

        if isinstance(results[0], tuple):
            return tuple(join(list(values)) for values in zip(*results))
        return join(results)

    return vectorized


def _core_axes(signature: str | None) -> list[list[str]] | None:
    """The names of the axes that each argument keeps."""
    if signature is None:
        return None
    arguments = re.findall(r"\(([^()]*)\)", signature.partition("->")[0])
    if not re.fullmatch(r"\s*\(.*\)\s*->\s*\(.*\)\s*", signature):
        raise ValueError(
            explain(
                "vectorize: the signature cannot be read.",
                "axes of the arguments and results, such as '(m,n),(n)->(m)'",
                repr(signature),
                "write () for a scalar.",
            )
        )
    return [[name.strip() for name in argument.split(",") if name.strip()] for argument in arguments]


def _check(signature: str | None, cores: list[list[str]] | None, ranks: list[int], tensors: list[Any]) -> None:
    sizes: dict[str, Any] = {}
    fits = len(ranks) == len(tensors) and all(t.ndim >= rank for t, rank in zip(tensors, ranks))
    if fits and cores is not None:
        for tensor, core in zip(tensors, cores):
            for name, size in zip(core, tensor.shape[tensor.ndim - len(core) :]):
                fits = fits and sizes.setdefault(name, size) == size
    if not fits:
        raise ValueError(
            explain(
                "vectorize: the arguments do not fit the signature.",
                f"arguments as in {signature!r}",
                f"shapes {[t.shape for t in tensors]}",
                "check the number of arguments and their last axes.",
            )
        )


def _broadcast(shapes: list[tuple[Any, ...]]) -> tuple[int, ...]:
    if any(None in shape for shape in shapes):
        raise ValueError(
            explain(
                "vectorize: the number of calls is not known.",
                "known sizes",
                f"shapes {shapes}",
                "write the function with ops on whole tensors instead.",
            )
        )
    try:
        shape = np.broadcast_shapes(*shapes)
    except ValueError:
        shape = None
    if shape is None or 0 in shape:
        raise ValueError(
            explain(
                "vectorize: the arguments do not broadcast, or have no entries.",
                "shapes with equal sizes of at least 1 (or 1)",
                f"shapes {shapes}",
                "check the shapes.",
            )
        )
    return shape
