"""What users pass as data, checked and converted once."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from .. import _core, config, tree
from ..checks import explain, is_integer, number
from ..layers.ragged import Padded, is_ragged, object_rows, pad_rows
from ..ops.convert import array_to_tensor, is_text

Tensor = _core.Tensor


class Data(NamedTuple):
    """Inputs, labels and weights: nests of tensors whose first axis is the sample."""

    x: Any
    y: Any = None
    sample_weight: Any = None

    @property
    def size(self) -> int:
        return self.leaves[0].shape[0]

    @property
    def leaves(self) -> list[Any]:
        """All tensors: inputs, labels, weights. Optional inputs that are missing are none."""
        return [t for t in tree.flatten(tuple(self)) if t is not None]

    def rows(self, start: int, stop: int) -> Data:
        """The samples from `start` to `stop`."""
        return self.pick(slice(start, stop))

    def part(self, start: int, stop: int) -> Data:
        """The same: what is in memory needs no reading later."""
        return self.rows(start, stop)

    def pick(self, rows: Any) -> Data:
        """The samples of a slice, or of an array of numbers."""

        def read(part: Any) -> Any:
            return tree.map_structure(lambda t: array_to_tensor(t.numpy()[rows]), part, none_is_leaf=False)

        return Data(*map(read, self))


def batch(data: Any, number: int, batch_size: int, order: Any) -> Data:
    """One batch of the samples in `order`, which None leaves as they are."""
    start, stop = number * batch_size, min((number + 1) * batch_size, data.size)
    return data.pick(slice(start, stop) if order is None else order.numpy()[start:stop])


def to_tensors(what: str, data: Any) -> Any:
    """A nest of arrays as tensors: wide floats get the default dtype, other kinds the nearest.

    TypeError for texts that are no inputs.
    """
    return tree.map_structure(lambda leaf: _to_tensor(what, leaf), one_array(data), none_is_leaf=what != "x")


def one_array(data: Any) -> Any:
    """A nested list of numbers or texts as the one array it is; other data as they are."""
    if isinstance(data, (list, tuple)) and data and all(_is_element(leaf) for leaf in tree.flatten(data)):
        try:
            return np.asarray(data)
        except ValueError:
            return object_rows(data)
    return data


def rows_of_ragged_inputs(model: Any, x: Any) -> Any:
    """`x` with the lists of rows for the ragged inputs of a model as one array each."""
    try:
        structure = model.input
        inputs = dict(zip(model.input_names, model.inputs))
    except (AttributeError, ValueError):  # a model that knows no inputs
        return x
    if not any(t.ragged for t in inputs.values()) or is_batches(x):
        return x

    def read(reference: Any, part: Any) -> Any:
        listed = isinstance(part, (list, tuple)) and not isinstance(part, Padded) and not all(map(_is_element, part))
        return object_rows(part) if listed and getattr(reference, "ragged", False) else part

    if isinstance(x, dict):
        named = {**inputs, **structure} if isinstance(structure, dict) else inputs
        return {name: read(named.get(name), part) for name, part in x.items()}
    if isinstance(structure, (list, tuple)) and isinstance(x, (list, tuple)) and len(x) == len(structure):
        return type(x)(map(read, structure, x))
    return read(structure, x)


def padded_for_call(model: Any, x: Any) -> Any:
    """`x` with a Padded for each ragged input whose data are rows of different lengths."""
    rows = rows_of_ragged_inputs(model, x)
    return tree.traverse(lambda part: _to_tensor("x", part) if is_ragged(part) else None, rows)


def _is_element(value: Any) -> bool:
    return isinstance(value, (bool, int, float, str, bytes, np.generic))


_ARRAYS = (np.ndarray, Tensor, dict, list, tuple)


def is_usable(array: np.ndarray) -> bool:
    """Whether the engine can read the array where it is."""
    wide = array.dtype == np.float64 and config.floatx() == "float32"
    return not wide and array.dtype.isnative and array.dtype.name in config.DTYPES and array.flags.c_contiguous


def to_array(leaf: Any) -> np.ndarray:
    """Arrays, frames, columns and tensors of all kinds as NumPy arrays. A column of a table becomes a (n, 1) array."""
    if hasattr(leaf, "core"):
        leaf = leaf.numpy()
    if hasattr(leaf, "to_numpy"):  # pandas
        return _table(leaf)
    if hasattr(leaf, "detach"):  # PyTorch
        leaf = leaf.detach().cpu()
        leaf = (leaf.float() if str(getattr(leaf, "dtype", "")) == "torch.bfloat16" else leaf).numpy()
    if hasattr(leaf, "tocsr") and hasattr(leaf, "toarray"):  # SciPy's sparse matrices
        leaf = leaf.toarray()
    return np.asarray(leaf)


def _table(table: Any) -> np.ndarray:
    array = np.asarray(table.to_numpy())
    if array.dtype == object:  # columns of different dtypes
        columns = getattr(table, "dtypes", None)
        kinds = [getattr(d, "kind", "O") for d in (columns if np.iterable(columns) else [columns])]
        if all(kind in "fiub" for kind in kinds):
            array = np.asarray(table.to_numpy(dtype=config.floatx()))
    return array[:, None] if array.ndim == 1 and type(table).__name__ == "Series" else array


def _to_tensor(what: str, leaf: Any) -> Any:
    if isinstance(leaf, Tensor):
        if leaf.ndim == 0:
            raise ValueError(_no_samples(what, leaf.shape))
        return leaf
    if isinstance(leaf, (str, bytes)):
        raise TypeError(
            explain(
                f"`{what}` holds no numbers.",
                "arrays, or an array of texts where the model takes texts",
                f"{leaf!r:.80}",
                "read files before; put one text into an array: np.array([text]).",
            )
        )
    if what == "x" and is_ragged(leaf):
        return Padded(*(_to_tensor(what, part) for part in pad_rows(what, leaf)))
    if callable(leaf) and not hasattr(leaf, "__array__"):
        raise TypeError(
            explain(
                f"`{what}` is a function.",
                "arrays, or as `x` an iterable of batches",
                f"{getattr(leaf, '__name__', leaf)}",
                "call it if it is a generator: fit(batches()) instead of fit(batches).",
            )
        )
    array = to_array(leaf)
    if array.ndim == 0 and array.dtype.kind not in "USO":
        raise ValueError(_no_samples(what, array.shape))
    if array.dtype.kind in "USTOMm" and not (what == "x" and is_text(array)):
        raise TypeError(
            explain(
                f"`{what}` holds no numbers.",
                f"arrays of floats, ints or bools{', or of texts' if what == 'x' else ''}, all rows of one length",
                f"dtype {array.dtype}, shape {array.shape}",
                "encode categories as numbers (StringLookup), and pad rows of different lengths.",
            )
        )
    if array.dtype == np.float64 and config.floatx() == "float32":
        array = array.astype(np.float32)
    return array_to_tensor(array)


def _no_samples(what: str, shape: Any) -> str:
    return explain(
        f"`{what}` has no axis of samples.",
        "an array whose first axis is the sample",
        f"shape {shape}",
        "put single samples into an array of one: x[None].",
    )


def check(data: Data, fix: str = "") -> None:
    """ValueError for data without samples and for parts of different lengths, for which `fix` is another way out."""
    parts = zip(("x", "y", "sample_weight"), data)
    sizes = [
        (name, [t.shape[0] for t in tree.flatten(part) if t is not None]) for name, part in parts if part is not None
    ]
    if len({n for _, ns in sizes for n in ns}) > 1:
        raise ValueError(
            explain(
                "The data have different numbers of samples.",
                "one number of samples in all arrays",
                ", ".join(f"{name}: {ns[0] if len(ns) == 1 else ns}" for name, ns in sizes),
                f"{fix}cut or complete the arrays to the same length.",
            )
        )
    if not sizes or not sizes[0][1] or sizes[0][1][0] == 0:
        raise ValueError(
            explain(
                "The data are empty.",
                "one sample or more",
                f"{'no arrays' if not sizes or not sizes[0][1] else 'arrays of shapes '}"
                f"{[t.shape for t in data.leaves] if sizes and sizes[0][1] else ''}",
                "check how the data were loaded or split.",
            )
        )


def prepare(x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None, fix: str = "") -> Data:
    """Arrays as Data. ValueError for empty data, different lengths, and class weights that do not apply."""
    if x is None:
        raise ValueError(
            explain("There are no inputs.", "arrays or an iterable of batches as `x`", "x=None", "pass x.")
        )
    data = weighted(to_tensors("x", x), None if y is None else to_tensors("y", y), sample_weight, class_weight)
    check(data, fix)
    return data


def weighted(x: Any, y: Any, sample_weight: Any, class_weight: Any) -> Data:
    """Tensors as Data, with weights of the default dtype, from weights per class if there are any."""
    if class_weight is not None:
        sample_weight = class_weights(y, class_weight, sample_weight)
    if sample_weight is None:
        return Data(x, y)
    floatx = config.floatx()
    weights = to_tensors("sample_weight", sample_weight)
    return Data(
        x, y, tree.map_structure(lambda w: w if w.dtype == floatx else _core.ops.cast(w, dtype=floatx), weights)
    )


def class_weights(y: Any, class_weight: Any, sample_weight: Any) -> np.ndarray:
    """A weight per sample from weights per class; classes not named weigh 1."""
    if sample_weight is not None:
        raise ValueError(
            explain(
                "Two kinds of weights were given.",
                "`class_weight` or `sample_weight`",
                "both",
                "multiply the class weights into `sample_weight`.",
            )
        )
    if not isinstance(class_weight, dict) or not all(map(is_integer, class_weight)):
        raise ValueError(
            explain(
                "`class_weight` is not a dict by class numbers.",
                "{class number: weight}; classes that are not named weigh 1",
                repr(class_weight),
                "pass a dict such as {0: 1.0, 1: 5.0}.",
            )
        )
    if y is None or (tree.is_nested(y) and len(tree.flatten(y)) != 1):
        raise ValueError(
            explain(
                "`class_weight` cannot be used here.",
                "a model with one output and labels",
                "no labels" if y is None else f"labels for {len(tree.flatten(y))} outputs",
                "pass `sample_weight` instead.",
            )
        )
    labels = np.asarray(tree.flatten(y)[0].numpy())
    if labels.ndim > 1:
        labels = labels.argmax(-1) if labels.shape[-1] != 1 else labels[..., 0]
    labels = np.round(labels).astype("int64")
    values, places = np.unique(labels, return_inverse=True)
    by_class = {int(c): number("fit", f"class_weight[{c}]", w, low=0.0) for c, w in class_weight.items()}
    weights = np.array([by_class.get(int(v), 1.0) for v in values], dtype=config.floatx())
    return weights[places.reshape(labels.shape)]


def split(data: Any, validation_split: float) -> tuple[Any, Any]:
    """All but the last share of the samples, and that share. ValueError when one of both is empty."""
    if not 0 < validation_split < 1:
        raise ValueError(
            explain(
                "`validation_split` is not a share.",
                "a number above 0 and below 1",
                f"validation_split={validation_split!r}",
                "pass e.g. validation_split=0.2.",
            )
        )
    at = math.floor(data.size * (1.0 - validation_split))
    if at == 0 or at == data.size:
        raise ValueError(
            explain(
                "The data are too few to be split.",
                "at least one sample on both sides",
                f"{data.size} samples, validation_split={validation_split}",
                "use more data, another share, or validation_data.",
            )
        )
    return data.part(0, at), data.part(at, data.size)


def is_batches(x: Any) -> bool:
    """Whether `x` gives batches one by one (a generator, dataset or loader) rather than being arrays."""
    if x is None or isinstance(x, (*_ARRAYS, np.generic, str, bytes)) or hasattr(x, "core") or hasattr(x, "to_numpy"):
        return False
    whole = hasattr(x, "shape") and hasattr(x, "dtype")  # arrays of files
    if whole or hasattr(x, "tocsr") or is_ragged(x):
        return False
    return (
        hasattr(x, "__next__") or (hasattr(x, "__iter__") and not hasattr(x, "__array__")) or hasattr(x, "__getitem__")
    )


def unpack_x_y_sample_weight(data: Any) -> tuple[Any, Any, Any]:
    """x, y and sample_weight of x, (x,), (x, y) or (x, y, sample_weight), None for missing ones. Else ValueError."""
    if not isinstance(data, (tuple, list)):
        return data, None, None
    if not 1 <= len(data) <= 3:
        raise ValueError(
            explain(
                "A batch is not readable.",
                "x, (x,), (x, y) or (x, y, sample_weight)",
                f"{type(data).__name__} of {len(data)}",
                "put several inputs into an inner list: ([x1, x2], y).",
            )
        )
    x, y, sample_weight = (*data, None, None)[:3]
    return x, y, sample_weight


def pack_x_y_sample_weight(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """The shortest of x, (x,), (x, y), (x, y, sample_weight) that holds what is given."""
    if y is None and sample_weight is None:
        return (x,) if isinstance(x, (tuple, list)) else x
    return (x, y) if sample_weight is None else (x, y, sample_weight)


def positive(name: str, value: Any) -> int | None:
    """`value` as a positive int, or None."""
    if value is None:
        return None
    if not is_integer(value) or int(value) < 1:
        raise ValueError(
            explain(
                f"`{name}` is not a count.", "a positive int, or None", f"{name}={value!r}", f"pass e.g. {name}=32."
            )
        )
    return int(value)
