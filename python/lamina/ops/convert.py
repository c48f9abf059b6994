"""From arrays, numbers and variables to tensors; and which dtype a mix of them has. The only place for both."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _core, config
from ..checks import explain

Tensor = _core.Tensor
Dim = _core.Dim

# NumPy dtypes the engine does not have, and what they become.
_NEAREST = {
    "longdouble": "float64",
    "float128": "float64",
    "int8": "int32",
    "int16": "int32",
    "uint16": "int32",
    "uint32": "int64",
    "uint64": "int64",
}
_FLOATS = config.FLOAT_DTYPES
_COMPLEX = ("complex64", "complex128")
_NAMES = (*config.DTYPES, *_COMPLEX)
_RANK = {name: i for i, name in enumerate(_NAMES)}
_AS_THEY_ARE = frozenset(np.dtype(name) for name in _NAMES if name != "bfloat16")  # NumPy does not know bfloat16


def is_float(dtype: str) -> bool:
    """Whether `dtype` is a floating point dtype."""
    return dtype in _FLOATS


def is_complex(dtype: str) -> bool:
    """Whether `dtype` is a complex dtype: such tensors have few functions, those in complex.py."""
    return dtype in _COMPLEX


def is_tensor(x: Any) -> bool:
    """True for tensors, concrete or symbolic."""
    return isinstance(x, Tensor)


def is_symbolic(x: Any) -> bool:
    """True for tensors without numbers: inside a traced function or a functional model."""
    return isinstance(x, Tensor) and x.is_symbolic


def is_text(array: np.ndarray) -> bool:
    """Whether an array holds texts: str or bytes, also as objects."""
    if array.dtype.kind == "O":  # none at all may be texts
        return array.size == 0 or isinstance(array.flat[0], (str, bytes))
    return array.dtype.kind in "UST"


def array_to_tensor(array: np.ndarray) -> Any:
    """The array as a tensor, without a copy where dtype and layout allow. TypeError for dtypes such as dates."""
    if array.dtype not in _AS_THEY_ARE:  # names of dtypes are slow to make
        array = _known(array)
    return Tensor(array if array.flags.c_contiguous else np.ascontiguousarray(array).reshape(array.shape))


def _known(array: np.ndarray) -> np.ndarray:
    """The array in a dtype and byte order of the engine."""
    name = array.dtype.name
    if name in _RANK:
        return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))
    if is_text(array):
        return array
    nearest = _NEAREST.get(name)
    if nearest is None:
        first = f", with {array.flat[0]!r:.40}" if name == "object" else ""
        raise TypeError(
            explain(
                "An array cannot become a tensor.",
                f"an array of numbers ({', '.join(_RANK)}), or of str or bytes",
                f"dtype {name} of shape {array.shape}{first}",
                "convert it first, e.g. array.astype('float32'); lists of uneven length have to be padded, and texts "
                "that are missing filled in.",
            )
        )
    return array.astype(nearest)


def zeros_of(shape: Any, dtype: str) -> Any:
    """A tensor of zeros, or of empty texts."""
    return array_to_tensor(np.zeros(shape, dtype="U1" if dtype == "string" else dtype))


def convert_to_tensor(x: Any, dtype: Any = None, sparse: Any = None, ragged: Any = None) -> Any:
    """`x` (array, number, nested list, variable, tensor) as a tensor, cast to `dtype` if given.

    Python floats get the default dtype, Python ints int32; arrays keep theirs.

    >>> import lamina
    >>> lamina.ops.convert_to_tensor([1, 2, 3]).dtype
    'int32'
    """
    if sparse or ragged:
        raise ValueError(
            explain(
                "Tensors are dense.", "sparse=False and ragged=False", "True", "pass a dense array (padded, if ragged)."
            )
        )
    if isinstance(x, Dim):
        return _core.ops.dim_value(dim=x, dtype="int32" if dtype is None else config.standardize_dtype(dtype))
    if not isinstance(x, Tensor):
        x = _to_tensor(x)
    if dtype is not None:
        dtype = dtype if dtype in _RANK else config.standardize_dtype(dtype)
        if x.dtype != dtype:
            return _to_complex(x, dtype) if dtype in _COMPLEX else _core.ops.cast(x, dtype=dtype)
    return x


def measured(value: Any) -> tuple[Any, ...]:
    """A scalar as a size: an int; of a symbolic one the size and the tensor that the op which uses it has to take.

    What ops without such an input make with the size is given to `held` together with the tensor.
    """
    value = convert_to_tensor(value, "int64")
    if not is_symbolic(value):
        return (int(value.item()),)
    size = Dim.fresh()
    return size, _core.ops.measure(value, symbol=size.name)


def held(x: Any, how: Any) -> Any:
    """x, whose sizes were `measured`: `how` holds the tensor that came with them, or nothing."""
    for tensor in how:  # nothing is added, but the graph has to hold what its sizes depend on
        nothing = _core.ops.multiply(tensor, convert_to_tensor(0, "int64"))
        x = _core.ops.add(x, _core.ops.cast(nothing, dtype=x.dtype))
    return x


def _to_complex(x: Any, dtype: str) -> Any:
    part = "float32" if dtype == "complex64" else "float64"
    if x.dtype in _COMPLEX:
        return _core.ops.view_as_complex(_core.ops.cast(_core.ops.view_as_real(x), dtype=part))
    x = _core.ops.cast(_core.ops.reshape(x, shape=[*x.dims, 1]), dtype=part)
    zeros = _core.ops.fill(shape=list(x.dims), value=0, dtype=part)
    return _core.ops.view_as_complex(_core.ops.concatenate(x, zeros, axis=x.ndim - 1))


def _to_tensor(x: Any) -> Any:
    core = getattr(x, "core", None)
    if isinstance(core, _core.Variable):
        return x.value
    if isinstance(x, _core.Variable):
        return x.value
    if isinstance(x, (bool, np.bool_)):
        return Tensor(np.asarray(x, dtype="bool"))
    if isinstance(x, int):
        return Tensor(np.asarray(x, dtype="int32" if -(2**31) <= x < 2**31 else "int64"))
    if isinstance(x, float):
        return _number(x, config.floatx())
    if isinstance(x, complex):
        return Tensor(np.asarray(x, dtype="complex128" if config.floatx() == "float64" else "complex64"))
    if isinstance(x, Dim):
        return _core.ops.dim_value(dim=x, dtype="int32")
    if isinstance(x, np.ndarray):
        return array_to_tensor(x)
    if isinstance(x, (list, tuple)):
        return _list_to_tensor(x)
    if isinstance(x, (str, bytes)):
        return Tensor(np.array(x, dtype=object))
    if x is None or isinstance(x, (dict, set)):
        raise TypeError(
            explain(
                "A value cannot become a tensor.",
                "numbers or texts, arrays or nested lists of them, tensors or variables",
                f"{x!r} of type {type(x).__name__}",
                "pass numbers or texts.",
            )
        )
    return array_to_tensor(np.asarray(x))


def _list_to_tensor(x: list[Any] | tuple[Any, ...]) -> Any:
    # Lists that hold tensors are stacked; plain nested lists go through NumPy at once.
    if _holds_tensor(x):
        items = [_to_tensor(item) if not isinstance(item, Tensor) else item for item in x]
        dtype = result_type(*items)
        items = [_core.ops.cast(item, dtype=dtype) if item.dtype != dtype else item for item in items]
        return _core.ops.concatenate(*(_core.ops.reshape(i, shape=[1, *i.dims]) for i in items), axis=0)
    first: Any = x
    while isinstance(first, (list, tuple)) and first:
        first = first[0]
    try:
        if isinstance(first, (str, bytes)):
            array = np.array(x, dtype=object)  # as they are: NumPy's own texts lose zeros at the end
            if array.size and isinstance(array.flat[0], (list, tuple)):
                raise ValueError
        else:
            array = np.asarray(x)
    except ValueError:
        raise ValueError(
            explain(
                "A nested list is uneven.",
                "lists of one length at each depth",
                f"{len(x)} lists of several lengths",
                "fill them up to one length (lamina.utils.pad_sequences).",
            )
        ) from None
    if array.dtype.kind in "US":  # of fixed width, which cuts zeros off
        array = np.array(x, dtype=object)
    elif array.dtype == "float64" and not _holds(x, (np.float64, np.ndarray)):
        return convert_to_tensor(array_to_tensor(array), config.floatx())
    elif array.dtype == "int64" and not _holds(x, (np.int64, np.ndarray)) and (array.size == 0 or _fits_int32(array)):
        array = array.astype(config.floatx() if array.size == 0 else "int32")
    return array_to_tensor(array)


def _fits_int32(array: np.ndarray) -> bool:
    return bool(array.min() >= -(2**31) and array.max() < 2**31)


def _holds_tensor(x: Any) -> bool:
    if isinstance(x, (list, tuple)):
        return any(map(_holds_tensor, x))
    return isinstance(x, (Tensor, Dim)) or isinstance(getattr(x, "core", None), _core.Variable)


def _holds(x: Any, kinds: tuple[type, ...]) -> bool:
    if isinstance(x, (list, tuple)):
        return any(_holds(item, kinds) for item in x)
    return isinstance(x, kinds)


def _is_weak(x: Any) -> bool:
    """Python numbers (and NumPy's float64, which is only NumPy's habit) do not decide a dtype."""
    return isinstance(x, (bool, int, float, complex)) and not isinstance(x, np.generic)


def result_type(*values: Any) -> str:
    """The dtype that the values have together: tensors and arrays decide, Python numbers follow.

    >>> import numpy as np, lamina
    >>> lamina.ops.result_type(np.zeros(2, "int64"), 1.5)
    'float32'
    """
    names = _NAMES
    best = -1
    wide = False
    weak: list[Any] = []
    for value in values:
        if _is_weak(value):
            weak.append(value)
            continue
        if isinstance(value, str):
            dtype = config.standardize_dtype(value)
        elif hasattr(value, "dtype"):
            dtype = str(value.dtype)
            dtype = _NEAREST.get(dtype, dtype)
        elif isinstance(value, Dim):
            dtype = "int32"
        else:
            dtype = _to_tensor(value).dtype
        if dtype == "float64" and isinstance(value, (np.ndarray, np.generic)):
            wide = True  # decides only when no tensor is a float
            continue
        if {dtype, names[best]} == {"float16", "bfloat16"}:  # neither holds the other's numbers
            dtype = "float32"
        if dtype not in _RANK and (dtype := _to_tensor(value).dtype) == "string":
            return dtype  # no number goes with texts: the op that is given both says so
        best = _wider(best, _RANK[dtype])
    if wide and best < _RANK["float16"]:
        best = _RANK["float64"] if best < 0 else _RANK[config.floatx()]
    for value in weak:
        if isinstance(value, bool):
            best = max(best, 0)
        elif isinstance(value, int):
            best = max(best, 2) if best < 1 else best
        elif best < _RANK["float16"]:
            best = _RANK[config.floatx()]
        if isinstance(value, complex):
            best = _wider(best, _RANK["complex64"])
    return names[best]


def _wider(a: int, b: int) -> int:
    """The rank of two dtypes together: the higher one, but that float64 makes complex numbers wide."""
    return _RANK["complex128"] if {a, b} == {_RANK["float64"], _RANK["complex64"]} else max(a, b)


def to_common(*values: Any) -> list[Any]:
    """The values as tensors of their common dtype."""
    first = values[0]
    if len(values) == 2 and isinstance(first, Tensor):  # the two frequent cases without a search
        second = values[1]
        if isinstance(second, Tensor):
            if second.dtype == first.dtype:
                return [first, second]
        elif type(second) is float and first.dtype in _FLOATS:
            return [first, _number(second, first.dtype)]
    dtype = result_type(*values)
    return [convert_weak(value, dtype) for value in values]


def _number(value: Any, dtype: str) -> Any:
    if dtype == "bfloat16":  # which NumPy does not know
        return _core.ops.cast(Tensor(np.asarray(value, dtype="float32")), dtype=dtype)
    if dtype == "string":  # texts and a number: the op says that it does not take them
        return convert_to_tensor(value)
    return Tensor(np.asarray(value, dtype=dtype))


def convert_weak(value: Any, dtype: str) -> Any:
    """A number or array directly in `dtype`, without a stop at its own."""
    if _is_weak(value):
        return _number(value, dtype)
    return convert_to_tensor(value, dtype)


def to_float(x: Any) -> Any:
    """`x` as a floating point tensor: ints and bools get the default dtype."""
    x = convert_to_tensor(x)
    return x if x.dtype in _FLOATS or x.dtype in _COMPLEX else _core.ops.cast(x, dtype=config.floatx())


def convert_to_numpy(x: Any) -> np.ndarray:
    """The numbers of a tensor or variable as a NumPy array of its own."""
    if isinstance(x, np.ndarray):
        return x
    return np.array(convert_to_tensor(x).numpy())


def normalize_axis(axis: Any, rank: int, owner: str) -> int:
    """`axis` counted from the front. ValueError when the tensor has no such axis."""
    index = axis.__index__()
    if not -rank <= index < rank:
        raise ValueError(
            explain(
                f"{owner}: the tensor has no axis {axis}.",
                f"an axis from {-rank} to {rank - 1}, as the tensor has rank {rank}"
                if rank
                else "no axis: the tensor is a scalar",
                f"axis={axis}",
                "choose one of its axes.",
            )
        )
    return index % rank if rank else 0


def normalize_axes(axis: Any, rank: int, owner: str) -> list[int]:
    """The axes as a list counted from the front; None means all."""
    if axis is None:
        return list(range(rank))
    axes = [normalize_axis(a, rank, owner) for a in (axis if isinstance(axis, (list, tuple)) else [axis])]
    if len(set(axes)) != len(axes):
        raise ValueError(
            explain(f"{owner}: an axis is named twice.", "different axes", f"axis={axis}", "name each axis once.")
        )
    return axes


def to_sizes(shape: Any) -> list[Any]:
    """A shape as a list of ints and dims."""
    if isinstance(shape, (int, np.integer, Dim)):
        shape = [shape]
    return [size.__index__() if isinstance(size, (np.integer, Tensor)) else size for size in shape]
