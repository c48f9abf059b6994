"""Control flow. The bodies are Python functions that are traced once and then run natively, in loops of the engine.

>>> import lamina
>>> total, sums = lamina.ops.scan(lambda carry, x: (carry + x, carry + x), 0.0, lamina.ops.ones(3))
>>> total.item(), sums.numpy().tolist()
(3.0, [1.0, 2.0, 3.0])
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from .. import _core, tree
from ..checks import explain, shapes_differ
from .convert import convert_to_tensor, convert_weak, is_symbolic, result_type
from .creation import arange
from .elementwise import add, less, logical_and
from .flips import flip
from .operation import FunctionOperation, holds_symbolic, operation
from .shapes import concatenate, stack

__all__ = [
    "associative_scan",
    "cond",
    "custom_gradient",
    "fori_loop",
    "map",
    "scan",
    "switch",
    "vectorized_map",
    "while_loop",
]

_ops = _core.ops


def _tensors(nest: Any) -> list[Any]:
    """The leaves as tensors, None left out."""
    return [convert_to_tensor(leaf) for leaf in tree.flatten(nest) if leaf is not None]


def _packed(structure: Any, leaves: Sequence[Any]) -> Any:
    """`leaves` in the places of the leaves of `structure` that are not None."""
    rest = iter(leaves)
    return tree.map_structure(lambda leaf: None if leaf is None else next(rest), structure)


def _placeholder(tensor: Any) -> Any:
    return _core.symbolic(tensor.dims, tensor.dtype, "body")


class _Body:
    """What a function gives on placeholders, and the variables it reads and assigns."""

    def __init__(self, function: Callable[..., Any], arguments: Sequence[Any]) -> None:
        with _core.Trace() as trace:
            self.results = function(*arguments)
            self.tensors = _tensors(self.results)
        self.read = [(v, leaf) for v, leaf, _, assigned in trace.entries if not assigned]
        self.assigned = [(v, leaf, now) for v, leaf, now, assigned in trace.entries if assigned]

    def cast_to(self, dtypes: Sequence[str]) -> None:
        self.tensors = [t if t.dtype == d else _ops.cast(t, dtype=d) for t, d in zip(self.tensors, dtypes)]


def _require_same(owner: str, what: str, expected: Any, received: Any) -> None:
    if not tree.same_structure(expected, received):
        raise ValueError(
            explain(
                f"{owner}: {what}.",
                f"the structure {tree.map_structure(lambda _: '*', expected)}",
                f"{tree.map_structure(lambda _: '*', received)}",
                "return the same lists, keys and numbers of results.",
            )
        )


def _carried(owner: str, tensors: list[Any], begin: list[Any], given: Any) -> list[Any]:
    """The results that become the carry again, in its dtypes: Python numbers follow, tensors must fit."""
    carried = []
    for tensor, first, leaf in zip(tensors, begin, [x for x in tree.flatten(given) if x is not None]):
        if tensor.dtype != first.dtype:
            if not isinstance(leaf, (bool, int, float)):
                raise TypeError(
                    explain(
                        f"{owner}: the carry changes its dtype.",
                        f"{first.dtype} of shape {first.shape}, as at the start",
                        f"{tensor.dtype} of shape {tensor.shape}",
                        "cast the start value, or the result of the body.",
                    )
                )
            tensor = convert_weak(leaf, first.dtype)
        if shapes_differ(tensor.shape, first.shape):
            raise ValueError(
                explain(
                    f"{owner}: the carry changes its shape.",
                    f"shape {first.shape}, as at the start",
                    f"shape {tensor.shape}",
                    "let the body return what it takes.",
                )
            )
        carried.append(tensor)
    return carried


def cond(pred: Any, true_fn: Callable[[], Any], false_fn: Callable[[], Any]) -> Any:
    """`true_fn()` if pred holds, else `false_fn()`; when traced, only the chosen one runs.

    All that a branch makes is part of it, whatever it is made of. ValueError when the two give different structures or
    shapes.
    """
    if isinstance(pred, bool) or not is_symbolic(pred := convert_to_tensor(pred)):
        return true_fn() if bool(pred) else false_fn()
    return _branches("cond", _ops.cast(pred, dtype="bool"), [false_fn, true_fn], ())


def switch(index: Any, branches: Sequence[Callable[..., Any]], *operands: Any) -> Any:
    """`branches[index](*operands)`, the nearest branch for an index out of range; when traced, only that one runs."""
    branches = list(branches)
    if not branches:
        raise ValueError(explain("switch: there is no branch.", "one or more functions", "none", "pass a list."))
    index = convert_to_tensor(index, "int32")
    if not is_symbolic(index):
        return branches[min(max(int(index), 0), len(branches) - 1)](*operands)
    return _branches("switch", index, branches, operands)


def _branches(owner: str, index: Any, functions: Sequence[Callable[..., Any]], operands: tuple[Any, ...]) -> Any:
    since = _core.next_number()  # what is made from now on is part of a branch
    inside = tree.map_structure(lambda x: _placeholder(x) if isinstance(x, _core.Tensor) else x, operands)
    bodies = [_Body(function, inside) for function in functions]
    first = bodies[0]
    for body in bodies[1:]:
        _require_same(owner, "the branches return different structures", first.results, body.results)
    # Python numbers take the dtype of the tensor in the same place of another branch.
    leaves = [[leaf for leaf in tree.flatten(body.results) if leaf is not None] for body in bodies]
    dtypes = [result_type(*places) for places in zip(*leaves)]
    variables = {id(v): v for body in bodies for v, _, _ in body.assigned}
    parameters, arguments = (
        [x for x in tree.flatten(part) if isinstance(x, _core.Tensor)] for part in (inside, operands)
    )
    outputs = []
    for body in bodies:
        body.cast_to(dtypes)
        now = {id(v): value for v, _, value in body.assigned}
        for v, leaf in [*body.read, *((v, leaf) for v, leaf, _ in body.assigned)]:
            parameters.append(leaf)
            arguments.append(v.value)
        outputs.append([*body.tensors, *(now.get(i, v.value) for i, v in variables.items())])
    graphs, captured = _core.close_over(parameters, outputs, since)
    results = _call(_ops.switch, index, *arguments, *captured, branches=graphs)
    for v, value in zip(variables.values(), results[len(dtypes) :]):
        v.assign(value)
    return _packed(first.results, results[: len(dtypes)])


def _call(op: Callable[..., Any], *inputs: Any, **attributes: Any) -> list[Any]:
    results = op(*inputs, **attributes)
    return list(results) if isinstance(results, tuple) else [results]


@operation
def scan(
    f: Callable[..., Any], init: Any, xs: Any = None, length: Any = None, reverse: bool = False, unroll: Any = 1
) -> Any:
    """`carry, y = f(carry, x)` for each row x of `xs` in turn: the last carry, and the ys joined to rows.

    `length` rows when there are no `xs`; the last row first if `reverse`. Gradients flow through all steps. `unroll`
    is accepted; the engine has no call to save. TypeError or ValueError when f changes the carry's dtype or shape.
    """
    if not callable(f):
        raise TypeError(explain("scan: f cannot be called.", "a function", repr(f), "pass f(carry, x)."))
    begin, rows = _tensors(init), _tensors(xs)
    if not rows and length is None:
        raise ValueError(explain("scan: the number of steps is unknown.", "xs or length", "neither", "pass one."))
    if any(t.ndim == 0 for t in rows):
        raise ValueError(
            explain("scan: xs has no rows.", "tensors of rank 1 or more", f"{[t.shape for t in rows]}", "add an axis.")
        )
    count = rows[0].dims[0] if rows else length
    for t in rows[1:]:
        if isinstance(count, int) and isinstance(t.dims[0], int) and t.dims[0] != count:
            raise ValueError(
                explain("scan: xs differ in length.", "one length", f"{[t.shape for t in rows]}", "cut them alike.")
            )
    if rows and length is not None and isinstance(count, int) and int(length) != count:
        raise ValueError(
            explain("scan: the length is not that of xs.", f"length={count}", f"length={length}", "leave it out.")
        )
    carry = [_placeholder(t) for t in begin]
    row = [_core.symbolic(t.dims[1:], t.dtype, "row") for t in rows]
    body = _Body(lambda: f(_packed(init, carry), _packed(xs, row) if rows else None), ())
    if not isinstance(body.results, (tuple, list)) or len(body.results) != 2:
        raise ValueError(
            explain("scan: f returns no pair.", "(carry, y)", f"{type(body.results).__name__}", "return both.")
        )
    next_carry, y = body.results
    _require_same("scan", "f changes the structure of the carry", init, next_carry)
    ys = body.tensors[len(begin) :]
    carried = _carried("scan", body.tensors[: len(begin)], begin, next_carry)
    variables = [v for v, _, _ in body.assigned]
    parameters = [*carry, *(leaf for _, leaf, _ in body.assigned), *row, *(leaf for _, leaf in body.read)]
    outputs = [*carried, *(now for _, _, now in body.assigned), *ys]
    graphs, captured = _core.close_over(parameters, [outputs])
    inputs = [*begin, *(v.value for v in variables), *rows, *(v.value for v, _ in body.read), *captured]
    results = _call(
        _ops.scan,
        *inputs,
        body=graphs,
        carries=len(begin) + len(variables),
        slices=len(rows),
        length=count,
        reverse=bool(reverse),
        keep=any(t.is_symbolic for t in inputs) or _core.Tape.active(),
    )
    for v, value in zip(variables, results[len(begin) :]):
        v.assign(value)
    first_y = len(begin) + len(variables)
    return _packed(init, results[: len(begin)]), _packed(y, results[first_y : first_y + len(ys)])


@operation
def map(f: Callable[[Any], Any], xs: Any) -> Any:
    """f of each row of `xs` (a tensor or a nest of tensors), the results joined to rows."""
    return scan(lambda _, x: ((), f(x)), (), xs)[1]


@operation
def vectorized_map(function: Callable[[Any], Any], elements: Any) -> Any:
    """`function` of each row of `elements`, the results joined to rows."""
    return map(function, elements)


def _is_known(value: Any) -> bool:
    return not isinstance(value, _core.Dim) and not is_symbolic(convert_to_tensor(value))


@operation
def while_loop(
    cond: Callable[..., Any], body: Callable[..., Any], loop_vars: Any, maximum_iterations: Any = None
) -> Any:
    """`loop_vars = body(*loop_vars)` while `cond(*loop_vars)`, at most `maximum_iterations` times.

    On numbers it is a loop of Python, through which gradients flow; traced it runs natively and has no gradient.
    """
    several = isinstance(loop_vars, (list, tuple))
    begin = _tensors(loop_vars)

    def spread(function: Callable[..., Any], values: Any) -> Any:
        return function(*values) if several else function(values)

    if not _core.Trace.active() and not any(t.is_symbolic for t in begin):
        values, steps = _packed(loop_vars, begin), 0
        while (maximum_iterations is None or steps < int(maximum_iterations)) and bool(spread(cond, values)):
            values = spread(body, values)
            steps += 1
        return tree.map_structure(convert_to_tensor, values)

    counted = maximum_iterations is not None
    if counted:
        begin.append(convert_to_tensor(0, "int32"))
    carry = [_placeholder(t) for t in begin]
    values = _packed(loop_vars, carry[:-1] if counted else carry)

    def go_on() -> Any:
        answer = convert_to_tensor(spread(cond, values), "bool")
        return logical_and(less(carry[-1], maximum_iterations), answer) if counted else answer

    test, step = _Body(go_on, ()), _Body(lambda: spread(body, values), ())
    if test.assigned:
        raise ValueError(
            explain("while_loop: the condition assigns variables.", "a pure condition", "one that assigns", "move it.")
        )
    new = step.results if several or not isinstance(step.results, (list, tuple)) else step.results[0]
    _require_same("while_loop", "the body changes the structure of loop_vars", loop_vars, new)
    carried = _carried("while_loop", step.tensors, begin, step.results)
    if counted:
        with _core.Trace():
            carried.append(add(carry[-1], 1))
    variables = [v for v, _, _ in step.assigned]
    in_test = {id(v): leaf for v, leaf in test.read}
    state = [in_test.pop(id(v)) if id(v) in in_test else _placeholder(v.value) for v in variables]
    fixed = [(v, leaf) for v, leaf in test.read if id(v) in in_test]
    tests, caught = _core.close_over([*carry, *state, *(leaf for _, leaf in fixed)], [test.tensors])
    steps_, captured = _core.close_over(
        [*carry, *(leaf for _, leaf, _ in step.assigned), *(leaf for _, leaf in step.read)],
        [[*carried, *(now for _, _, now in step.assigned)]],
    )
    of_test = [*(v.value for v, _ in fixed), *caught]
    results = _call(
        _ops.while_loop,
        *begin,
        *(v.value for v in variables),
        *of_test,
        *(v.value for v, _ in step.read),
        *captured,
        condition=tests,
        body=steps_,
        carries=len(begin) + len(variables),
        captured=len(of_test),
    )
    for v, value in zip(variables, results[len(begin) :]):
        v.assign(value)
    return _packed(loop_vars, results[: len(begin) - counted])


@operation
def fori_loop(lower: Any, upper: Any, body_fun: Callable[[Any, Any], Any], init_val: Any) -> Any:
    """`val = body_fun(i, val)` for i from lower to upper - 1; it has gradients when the bounds are sizes or numbers."""
    if isinstance(lower, _core.Dim) or isinstance(upper, _core.Dim) or (_is_known(lower) and _is_known(upper)):
        if _is_known(lower) and _is_known(upper):
            first, count = int(lower), max(int(upper) - int(lower), 0)
        else:
            first, count = lower, upper - lower
        numbers = add(arange(count, dtype="int32"), convert_to_tensor(first, "int32"))
        return scan(lambda val, i: (body_fun(i, val), None), init_val, numbers)[0]
    start = convert_to_tensor(lower, "int32")
    end = convert_to_tensor(upper, "int32")
    return while_loop(lambda i, _: less(i, end), lambda i, val: (add(i, 1), body_fun(i, val)), (start, init_val))[1]


@operation
def associative_scan(f: Callable[[Any, Any], Any], elems: Any, reverse: bool = False, axis: int = 0) -> Any:
    """The running results of f, which has to be associative, over the slices of `elems` along `axis`.

    f takes and gives nests like `elems`, with any number of slices at once. It is called about 2 log2(n) times on
    halves of what is left (Blelloch 1990). ValueError when the size along `axis` is unknown or differs.
    """
    leaves = _tensors(elems)
    sizes = {t.shape[axis] for t in leaves}
    if len(sizes) != 1 or None in sizes:
        raise ValueError(
            explain(
                "associative_scan: the elements have no common, known length.",
                f"one size along axis {axis}",
                f"shapes {[t.shape for t in leaves]}",
                "use scan for unknown lengths.",
            )
        )

    def cut(t: Any, start: int, stop: int | None, step: int = 1) -> Any:
        return t[(slice(None),) * (axis % t.ndim) + (slice(start, stop, step),)]

    def combine(a: list[Any], b: list[Any]) -> list[Any]:
        return _tensors(f(_packed(elems, a), _packed(elems, b)))

    def woven(even: Any, odd: Any) -> Any:
        """Slices in turn; `even` may have one more."""
        n, place = odd.shape[axis], axis % odd.ndim
        pairs = stack([cut(even, 0, n), odd], axis=place + 1)
        dims = list(odd.dims)
        dims[place] = 2 * n
        joined = _ops.reshape(pairs, shape=dims)
        return joined if even.shape[axis] == n else concatenate([joined, cut(even, n, None)], axis=place)

    def run(parts: list[Any]) -> list[Any]:
        n = parts[0].shape[axis]
        if n < 2:
            return parts
        odd = run(combine([cut(t, 0, n - 1, 2) for t in parts], [cut(t, 1, None, 2) for t in parts]))
        before = [cut(t, 0, (n - 1) // 2) for t in odd]
        later = [cut(t, 2, None, 2) for t in parts]
        even = combine(before, later) if n > 2 else later
        even = [concatenate([cut(t, 0, 1), e], axis=axis % t.ndim) for t, e in zip(parts, even)]
        return [woven(e, o) for e, o in zip(even, odd)]

    if reverse:
        leaves = [flip(t, axis=axis) for t in leaves]
    results = run(leaves)
    return _packed(elems, [flip(t, axis=axis) for t in results] if reverse else results)


def custom_gradient(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function with a gradient of its own: `f(*args)` gives (results, gradients of args from those of the results).

    >>> import lamina
    >>> @lamina.ops.custom_gradient
    ... def log1pexp(x):
    ...     e = lamina.ops.exp(x)
    ...     return lamina.ops.log(1 + e), lambda upstream: upstream * (1 - 1 / (1 + e))
    >>> lamina.grad(log1pexp)(lamina.ops.convert_to_tensor(100.0)).item()
    1.0
    """

    @functools.wraps(f)
    def run(*args: Any, **kwargs: Any) -> Any:
        args = tree.map_structure(lambda x: x if x is None else convert_to_tensor(x), args)
        results, gradient = f(*args, **kwargs)
        outputs, inputs = _tensors(results), _tensors(args)

        def pull(upstream: list[Any]) -> list[Any]:
            found = gradient(*upstream)
            found = tree.flatten(list(found) if isinstance(found, (list, tuple)) else [found])
            dtypes = [t.dtype for t in inputs] + [None] * len(found)  # too many are refused by the engine
            return [g if g is None else convert_to_tensor(g, dtype) for g, dtype in zip(found, dtypes)]

        return _packed(results, _core.with_gradient(outputs, inputs, pull))

    kind = type(f.__name__, (FunctionOperation,), {"function": staticmethod(run)})

    @functools.wraps(f)
    def public(*args: Any, **kwargs: Any) -> Any:
        if not _core.Trace.active() and (holds_symbolic(args) or holds_symbolic(kwargs.values())):
            return kind()(*args, **kwargs)
        return run(*args, **kwargs)

    return public
