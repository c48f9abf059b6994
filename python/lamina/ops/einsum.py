"""Sums of products by their axes: Einstein's notation, and what the other products are made of.

A product of two tensors becomes one batched matrix product where something is summed, else a broadcast multiplication;
the axes are put into the order that moves the fewest entries.
"""

from __future__ import annotations

import functools
import itertools
import math
import re
from collections.abc import Hashable, Iterable, Sequence
from typing import Any, NamedTuple

from .. import _core
from ..checks import differ, explain
from .complex import with_complex
from .convert import convert_to_tensor, to_common
from .matrices import diagonal
from .operation import operation
from .sizes import is_whole, product

__all__ = ["einsum"]

_ops = _core.ops
_matmul = with_complex("matmul", _ops.matmul)

Labels = tuple[Hashable, ...]
_UNKNOWN = 64  # what a size that is not known counts when orders are compared


class Term(NamedTuple):
    """A tensor and the names of its axes."""

    tensor: Any
    labels: Labels


@operation
def einsum(subscripts: str, *operands: Any, **kwargs: Any) -> Any:
    """The sum of products that the subscripts describe: "ij,jk->ik" is the matrix product.

    A letter names an axis; letters that the result does not name are summed. Without "->" the result has the letters
    that occur once, in alphabetical order. A letter twice in one operand takes its diagonal; "..." stands for further
    axes, which broadcast. Three or more operands are multiplied in pairs, those of the smallest result first.

    >>> import numpy as np, lamina
    >>> lamina.ops.einsum("bi,bj->bij", np.ones((4, 2)), np.ones((4, 3))).shape
    (4, 2, 3)
    """
    unknown = sorted(set(kwargs) - {"optimize", "precision"})
    if unknown:
        raise TypeError(
            explain("einsum: an argument is not known.", "optimize or precision", f"{unknown[0]}", "leave it out.")
        )
    if not isinstance(subscripts, str) or not operands:
        raise TypeError(
            explain(
                "einsum: subscripts or operands are missing.",
                "a string and one or more tensors",
                f"subscripts of type {type(subscripts).__name__} and {len(operands)} tensors",
                "call e.g. einsum('ij,jk->ik', a, b).",
            )
        )
    tensors = to_common(*operands)
    terms, result = _parse(subscripts, tuple(t.ndim for t in tensors))
    plain = _as_matmul(terms, result)
    if plain is not None and not is_whole(tensors[0].dtype):  # the short way to what `contract` would do
        a, b = tensors
        if all(a.shape[i] == b.shape[j] not in (1, None) for i, j in plain.shared):
            return _matmul(a, b, transpose_a=plain.transpose_a, transpose_b=plain.transpose_b)
    return contract("einsum", [Term(*pair) for pair in zip(tensors, terms)], result)


def _wrong(what: str, expected: str, received: str, fix: str) -> ValueError:
    return ValueError(explain(f"einsum: {what}", expected, received, fix))


@functools.lru_cache(maxsize=1024)
def _parse(subscripts: str, ranks: tuple[int, ...]) -> tuple[tuple[Labels, ...], Labels]:
    """The labels of each operand and of the result; the axes of "..." are numbered from the right."""
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    if not all(re.fullmatch(r"[A-Za-z]*(\.\.\.)?[A-Za-z]*", term) for term in [*terms, right]):
        raise _wrong(
            "the subscripts cannot be read.",
            "letters, one '...' per operand, ',' and at most one '->'",
            repr(subscripts),
            "write e.g. 'bij,jk->bik'.",
        )
    if len(terms) != len(ranks):
        raise _wrong(
            "the subscripts are for another number of tensors.",
            f"{len(terms)} tensors for {subscripts!r}",
            f"{len(ranks)}",
            "separate the subscripts of each tensor by ','.",
        )
    labels = []
    for number, (term, rank) in enumerate(zip(terms, ranks)):
        head, dots, tail = term.partition("...")
        free = rank - len(head) - len(tail)
        if free < 0 or (free and not dots):
            raise _wrong(
                f"the subscripts of tensor {number} do not fit its rank.",
                f"rank {len(head) + len(tail)}{' or more' if dots else ''} for {term!r}",
                f"rank {rank}",
                "name every axis, or let '...' stand for some.",
            )
        labels.append((*head, *range(free)[::-1], *tail))
    everything = [label for term in labels for label in term]
    rest = sorted({label for label in everything if isinstance(label, int)}, reverse=True)
    if not arrow:
        letters = sorted(label for label in set(everything) if isinstance(label, str) and everything.count(label) == 1)
        return tuple(labels), (*rest, *letters)
    head, dots, tail = right.partition("...")
    result: Labels = (*head, *(rest if dots else ()), *tail)
    for label in result:
        if label not in everything or result.count(label) > 1:
            raise _wrong(
                f"the result cannot have the axis {label!r}.",
                "letters of the operands, each once",
                repr(subscripts),
                "change the letters after '->'.",
            )
    return tuple(labels), result


class _Matmul(NamedTuple):
    transpose_a: bool
    transpose_b: bool
    shared: tuple[tuple[int, int], ...]  # axes of a and b with one label


@functools.lru_cache(maxsize=1024)
def _as_matmul(terms: tuple[Labels, ...], result: Labels) -> _Matmul | None:
    """The subscripts as the engine's matrix product of two tensors as they are, if they are one."""
    if len(terms) != 2 or any(len(set(term)) < len(term) for term in terms):
        return None
    a, b = terms
    batch = tuple(label for label in a if label in b and label in result)
    summed = tuple(label for label in a if label in b and label not in result)
    rows = tuple(label for label in a if label not in b)
    columns = tuple(label for label in b if label not in a)
    if len(summed) != 1 or len(rows) != 1 or len(columns) != 1 or result != batch + rows + columns:
        return None
    if not _unmoved(a, batch, rows, summed) or not _unmoved(b, batch, columns, summed):
        return None
    shared = tuple((a.index(label), b.index(label)) for label in batch + summed)
    return _Matmul(a[-1] in rows, b[-1] in summed, shared)


def contract(owner: str, terms: Sequence[Term], result: Labels) -> Any:
    """The product of the terms, summed over the labels that `result` does not name, with its axes in that order."""
    dtype = terms[0].tensor.dtype
    if is_whole(dtype):  # whole numbers up to 2**53 are exact in float64
        floats = [Term(_ops.cast(t.tensor, dtype="float64"), t.labels) for t in terms]
        whole = _ops.cast(contract(owner, floats, result), dtype="int64" if dtype != "bool" else "bool")
        return convert_to_tensor(whole, dtype)
    terms = _without_broadcasts(owner, [_diagonals(owner, term) for term in terms])
    while len(terms) > 1:
        a, b = _cheapest_pair(terms, result) if len(terms) > 2 else (0, 1)
        others = [term for i, term in enumerate(terms) if i not in (a, b)]
        needed = set(result).union(*(term.labels for term in others))
        pair = [_sum_out(terms[i], needed.union(terms[a + b - i].labels)) for i in (a, b)]
        terms = [*others, _multiply(pair[0], pair[1], needed, None if others else result)]
    return _ordered(_sum_out(terms[0], set(result)), result).tensor


def _diagonals(owner: str, term: Term) -> Term:
    """The term with each label once."""
    tensor, labels = term
    while len(set(labels)) < len(labels):
        label = next(label for label in labels if labels.count(label) > 1)
        first = labels.index(label)
        second = labels.index(label, first + 1)
        if differ(tensor.shape[first], tensor.shape[second]):
            raise ValueError(
                explain(
                    f"{owner}: the sizes of axis {label!r} differ.",
                    "equal sizes where a letter stands twice",
                    f"shape {term.tensor.shape}",
                    "use another letter for one of them.",
                )
            )
        tensor = diagonal(tensor, axis1=first, axis2=second)
        labels = (*(name for i, name in enumerate(labels) if i not in (first, second)), label)
    return Term(tensor, labels)


def _without_broadcasts(owner: str, terms: list[Term]) -> list[Term]:
    """The terms without the axes of size 1 along which they broadcast. ValueError when sizes of a label differ."""
    sizes: dict[Hashable, Any] = {}
    for term in terms:
        for label, size in zip(term.labels, term.tensor.dims):
            known = sizes.setdefault(label, size)
            if known == 1 or (not isinstance(known, int) and isinstance(size, int) and size != 1):
                sizes[label] = size
            elif isinstance(known, int) and isinstance(size, int) and size not in (1, known):
                raise ValueError(
                    explain(
                        f"{owner}: the sizes of axis {label!r} differ.",
                        "the same size in every tensor, or 1",
                        f"{known} and {size} in shapes {', '.join(str(t.tensor.shape) for t in terms)}",
                        "check the order of the axes.",
                    )
                )
    fitting = []
    for tensor, labels in terms:
        kept = [i for i, label in enumerate(labels) if not (_is_one(tensor.dims[i]) and not _is_one(sizes[label]))]
        if len(kept) < len(labels):
            tensor = _ops.reshape(tensor, shape=[tensor.dims[i] for i in kept])
        fitting.append(Term(tensor, tuple(labels[i] for i in kept)))
    return fitting


def _is_one(size: Any) -> bool:
    return isinstance(size, int) and size == 1


def _count(labels: Iterable[Hashable], sizes: dict[Hashable, int]) -> int:
    return math.prod(sizes[label] for label in labels)


def _sizes(terms: Iterable[Term]) -> dict[Hashable, int]:
    return {
        label: size if size is not None else _UNKNOWN
        for term in terms
        for label, size in zip(term.labels, term.tensor.shape)
    }


def _cheapest_pair(terms: Sequence[Term], result: Labels) -> tuple[int, int]:
    """The two terms whose product is the smallest, compared with themselves."""
    sizes = _sizes(terms)

    def growth(pair: tuple[int, int]) -> int:
        a, b = pair
        needed = set(result).union(*(term.labels for i, term in enumerate(terms) if i not in pair))
        both = set(terms[a].labels) | set(terms[b].labels)
        return _count(both & needed, sizes) - _count(terms[a].labels, sizes) - _count(terms[b].labels, sizes)

    return min(itertools.combinations(range(len(terms)), 2), key=growth)


def _sum_out(term: Term, needed: set[Hashable]) -> Term:
    """The term summed over the labels that are not needed."""
    axes = [i for i, label in enumerate(term.labels) if label not in needed]
    if not axes:
        return term
    return Term(_ops.sum(term.tensor, axes=axes, keepdims=False), tuple(n for n in term.labels if n in needed))


def _ordered(term: Term, labels: Labels) -> Term:
    if term.labels == labels:
        return term
    return Term(_ops.transpose(term.tensor, axes=[term.labels.index(label) for label in labels]), labels)


def _multiply(a: Term, b: Term, needed: set[Hashable], result: Labels | None) -> Term:
    """The product, summed over the labels of both that are not needed; in the order of `result`, or any for None."""
    shared = [label for label in a.labels if label in b.labels]
    summed = [label for label in shared if label not in needed]
    outer = len(a.labels) > len(shared) or len(b.labels) > len(shared)
    if summed and (outer or len(summed) == len(shared)):
        return _matrix_product(a, b, frozenset(summed), result)
    order = (*(result or (label for label in (*a.labels, *b.labels) if label not in summed)), *summed)
    order = tuple(label for label in dict.fromkeys(order) if label in a.labels or label in b.labels)
    entries = Term(_ops.multiply(_spread(a, order), _spread(b, order)), order)
    return _sum_out(entries, needed)


def _spread(term: Term, order: Labels) -> Any:
    """The tensor with its axes in this order, and size 1 for the labels that it lacks."""
    term = _ordered(term, tuple(label for label in order if label in term.labels))
    sizes = dict(zip(term.labels, term.tensor.dims))
    first = next((i for i, label in enumerate(order) if label in sizes), len(order))
    shape = [sizes.get(label, 1) for label in order[first:]]  # axes in front broadcast by themselves
    return term.tensor if len(shape) == len(sizes) else _ops.reshape(term.tensor, shape=shape)


class _Layout(NamedTuple):
    """The order of the axes in a batched matrix product; `swapped` multiplies b by a."""

    batch: Labels
    summed: Labels
    rows: Labels
    columns: Labels
    swapped: bool

    @property
    def result(self) -> Labels:
        return self.batch + (self.columns + self.rows if self.swapped else self.rows + self.columns)


def _unmoved(labels: Labels, batch: Labels, outer: Labels, summed: Labels) -> bool:
    return labels in (batch + outer + summed, batch + summed + outer)


@functools.lru_cache(maxsize=4096)
def _layout(
    a: Labels, b: Labels, summed: frozenset[Hashable], result: Labels | None, counts: tuple[int, ...]
) -> _Layout:
    """The layout that moves the fewest entries; `counts` are the entries of a, b and the result."""

    def orders(labels: Iterable[Hashable], *like: Labels | None) -> list[Labels]:
        chosen = set(labels)
        return list(dict.fromkeys(tuple(n for n in order if n in chosen) for order in like if order is not None))

    def moved(layout: _Layout) -> tuple[int, bool]:
        wrong = (
            not _unmoved(a, layout.batch, layout.rows, layout.summed),
            not _unmoved(b, layout.batch, layout.columns, layout.summed),
            result is not None and result != layout.result,
        )
        return sum(count for count, move in zip(counts, wrong) if move), layout.swapped

    both = set(a) & set(b)
    choices = itertools.product(
        orders(both - summed, result, a, b),
        orders(summed, a, b),
        orders(set(a) - both, a, result),
        orders(set(b) - both, b, result),
        (False, True),
    )
    return min(itertools.starmap(_Layout, choices), key=moved)


def _matrix_product(a: Term, b: Term, summed: frozenset[Hashable], result: Labels | None) -> Term:
    sizes = _sizes((a, b))
    kept = [label for label in sizes if label not in summed]
    counts = (_count(a.labels, sizes), _count(b.labels, sizes), _count(kept, sizes))
    layout = _layout(a.labels, b.labels, summed, result, counts)
    left, right = (b, a) if layout.swapped else (a, b)
    rows, columns = (layout.columns, layout.rows) if layout.swapped else (layout.rows, layout.columns)
    dims = {**dict(zip(a.labels, a.tensor.dims)), **dict(zip(b.labels, b.tensor.dims))}
    # Without a batch the rows need not become one axis.
    apart = not layout.batch and len(rows) > 1 and left.labels[-len(layout.summed) :] == layout.summed
    x, transpose_x = _as_matrices(left, layout, rows, apart)
    y, transpose_y = _as_matrices(right, layout, columns, False)
    z = _matmul(x, y, transpose_a=transpose_x, transpose_b=not transpose_y)
    shape = [dims[label] for label in layout.result]
    flat = len(layout.batch) + (len(rows) if apart else 1) + 1
    if len(shape) != flat or (not apart and len(rows) != 1) or len(columns) != 1:
        z = _ops.reshape(z, shape=shape)
    made = Term(z, layout.result)
    return made if result is None else _ordered(made, result)


def _as_matrices(term: Term, layout: _Layout, outer: Labels, apart: bool) -> tuple[Any, bool]:
    """The term as [batch, outer, summed], or (True) as [batch, summed, outer] where it lies so."""
    transposed = term.labels == layout.batch + layout.summed + outer and bool(outer)
    if not transposed:
        term = _ordered(term, layout.batch + outer + layout.summed)
    if len(layout.summed) == 1 and (apart or len(outer) == 1):
        return term.tensor, transposed
    sizes = dict(zip(term.labels, term.tensor.dims))
    inner = product(sizes[label] for label in layout.summed)
    outside = [sizes[label] for label in outer] if apart else [product(sizes[label] for label in outer)]
    matrix = [inner, *outside] if transposed else [*outside, inner]
    return _ops.reshape(term.tensor, shape=[*(sizes[label] for label in layout.batch), *matrix]), transposed
