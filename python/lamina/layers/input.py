"""Where a functional model begins."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from .. import _core, config
from ..checks import explain, is_integer
from ..ops.operation import Node
from .layer import Layer

BATCH = _core.Dim("batch")
F = TypeVar("F", bound=Callable[..., Any])


class InputLayer(Layer):
    """The layer behind an `Input`. `shape` leaves the batch out, `batch_shape` has it first; None is unknown.

    `input_tensor` makes it the layer of a symbolic tensor that is there already. An `optional` input may be None when
    the model is called. Data for a `sparse` input may be SciPy's sparse matrices, which become dense. Data for a
    `ragged` one may be rows of different lengths, along the first axis after the batch: lists, or arrays of objects.
    They are filled up with zeros and masked, so that layers that know masks leave out what was added. ValueError for
    shapes that are no shapes, for two that contradict each other, and for `sparse` and `ragged` together.

    >>> import lamina
    >>> lamina.layers.InputLayer(shape=(8,)).batch_shape
    (None, 8)
    """

    def __init__(
        self,
        shape: Any = None,
        batch_size: int | None = None,
        dtype: Any = None,
        sparse: bool | None = None,
        ragged: bool | None = None,
        batch_shape: Any = None,
        input_tensor: Any = None,
        optional: bool = False,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        # Their names in Keras 2.
        shape = kwargs.pop("input_shape", None) if shape is None else shape
        batch_shape = kwargs.pop("batch_input_shape", None) if batch_shape is None else batch_shape
        super().__init__(name=name, **kwargs)
        if sparse and ragged:
            raise ValueError(
                explain(
                    "An input cannot be sparse and ragged.",
                    "one of the two",
                    f"sparse={sparse}, ragged={ragged}",
                    "leave one of them out.",
                )
            )
        if input_tensor is not None:
            self._check_tensor(input_tensor, shape, batch_size, batch_shape, dtype, sparse, ragged)
            shape, batch_size = None, None
            batch_shape, dtype = input_tensor.shape, input_tensor.dtype
            sparse, ragged = input_tensor.sparse, input_tensor.ragged
        if (shape is None) == (batch_shape is None) or (batch_size is not None and batch_shape is not None):
            raise ValueError(
                explain(
                    "An input has no clear shape.",
                    "either `shape` (without the batch) and perhaps `batch_size`, or `batch_shape`",
                    f"shape={shape}, batch_size={batch_size}, batch_shape={batch_shape}",
                    "pass e.g. shape=(28, 28, 1).",
                )
            )
        self.batch_shape = (*_sizes((batch_size,)), *_sizes(shape)) if batch_shape is None else _sizes(batch_shape)
        self.input_dtype_name = config.standardize_dtype(dtype)
        self.sparse, self.ragged, self.optional = bool(sparse), bool(ragged), bool(optional)
        self.built = True
        if input_tensor is None:
            dims = [BATCH if i == 0 and size is None else size for i, size in enumerate(self.batch_shape)]
            input_tensor = _core.symbolic(dims, self.input_dtype_name, self.name)
            input_tensor.sparse, input_tensor.ragged = self.sparse, self.ragged
        Node(self, (), {}, input_tensor)

    def _check_tensor(
        self, tensor: Any, shape: Any, batch_size: Any, batch_shape: Any, dtype: Any, sparse: Any, ragged: Any
    ) -> None:
        """ValueError unless it is a symbolic tensor, of the shape, dtype and kind that are given besides."""
        symbolic = isinstance(tensor, _core.Tensor) and tensor.is_symbolic
        if (
            not symbolic
            or (shape is not None and _sizes(shape) != tensor.shape[1:])
            or (batch_size is not None and tensor.shape[:1] != (batch_size,))
            or (batch_shape is not None and _sizes(batch_shape) != tensor.shape)
            or (dtype is not None and config.standardize_dtype(dtype) != tensor.dtype)
            or (sparse is not None and bool(sparse) != tensor.sparse)
            or (ragged is not None and bool(ragged) != tensor.ragged)
        ):
            given = {"shape": shape, "batch_size": batch_size, "batch_shape": batch_shape, "dtype": dtype}
            given.update(sparse=sparse, ragged=ragged)
            besides = "".join(f", {name}={value!r}" for name, value in given.items() if value is not None)
            raise ValueError(
                explain(
                    "An input cannot be made of this tensor.",
                    "a symbolic tensor, of the shape and dtype that are given besides",
                    f"{tensor!r}{besides}",
                    "pass what a layer gave for an `Input`, and leave shape and dtype out.",
                )
            )

    def call(self) -> None:
        """An input is never called: models put their data in its place."""

    def compute_output_shape(self) -> Any:
        return self.batch_shape

    @property
    def dtype(self) -> str:
        return self.input_dtype_name

    def get_config(self) -> dict[str, Any]:
        record = {"batch_shape": list(self.batch_shape), "dtype": self.input_dtype_name, "name": self.name}
        return {**record, **{name: True for name in ("sparse", "ragged", "optional") if getattr(self, name)}}


def _sizes(shape: Any) -> tuple[int | None, ...]:
    sizes = (shape,) if is_integer(shape) else shape
    if not isinstance(sizes, (list, tuple)) or any(n is not None and (not is_integer(n) or int(n) < 0) for n in sizes):
        raise ValueError(
            explain(
                "The shape of an input is not usable.",
                "a tuple of non-negative ints, None for sizes known only later",
                f"shape={shape!r}",
                "pass e.g. shape=(28, 28, 1); the batch is not part of `shape`.",
            )
        )
    return tuple(None if n is None else int(n) for n in sizes)


def _is_dtype(value: Any) -> bool:
    try:
        config.standardize_dtype(value)
    except ValueError:
        return False
    return True


def _also_in_old_order(function: F) -> F:
    """Takes the arguments by position as Keras 2 ordered them too: there the name stands before the dtype."""

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        named = len(args) > 2 and isinstance(args[2], str) and not _is_dtype(args[2])
        if named or (len(args) > 3 and isinstance(args[3], str)):
            args, kwargs = args[:2], {**dict(zip(_OLD_ORDER, args[2:])), **kwargs}
        return function(*args, **kwargs)

    return cast(F, run)


_OLD_ORDER = ("name", "dtype", "sparse", "tensor", "ragged")


@_also_in_old_order
def Input(
    shape: Any = None,
    batch_size: int | None = None,
    dtype: Any = None,
    sparse: bool | None = None,
    ragged: bool | None = None,
    batch_shape: Any = None,
    name: str | None = None,
    tensor: Any = None,
    optional: bool = False,
) -> Any:
    """A symbolic tensor that stands for a model's input: samples of `shape` (the batch not counted).

    `tensor` makes an input of a symbolic tensor that is there already; an `optional` input may be None when the model
    is called; `sparse` and `ragged` say what else data may be. The arguments are those of `InputLayer`. ValueError for
    negative sizes, when neither `shape` nor `batch_shape` is given, and for `sparse` and `ragged` together.

    >>> import lamina
    >>> x = lamina.Input((8,))
    >>> lamina.Model(x, lamina.layers.Dense(3)(x)).output_shape
    (None, 3)
    """
    layer = InputLayer(
        shape=shape,
        batch_size=batch_size,
        dtype=dtype,
        sparse=sparse,
        ragged=ragged,
        batch_shape=batch_shape,
        input_tensor=tensor,
        optional=optional,
        name=name,
    )
    return layer._inbound_nodes[0].outputs
