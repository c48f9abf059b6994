"""Where a functional model begins."""

from __future__ import annotations

from typing import Any

from .. import _core, config
from ..checks import explain, is_integer
from ..ops.operation import Node
from .layer import Layer

BATCH = _core.Dim("batch")


class InputLayer(Layer):
    """The layer behind an `Input`. `shape` leaves the batch out, `batch_shape` has it first; None is unknown.

    >>> import lamina
    >>> lamina.layers.InputLayer(shape=(8,)).batch_shape
    (None, 8)
    """

    _config_omit_defaults = ("sparse", "ragged", "optional")

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
        super().__init__(name=name, **{k: v for k, v in kwargs.items() if k == "trainable"})
        if "input_shape" in kwargs and shape is None:
            shape = kwargs.pop("input_shape")
        if "batch_input_shape" in kwargs and batch_shape is None:
            batch_shape = kwargs.pop("batch_input_shape")
        if sparse or ragged:
            raise ValueError(
                explain(
                    "Inputs are dense.", "sparse=False, ragged=False", "True", "pad ragged data, convert sparse arrays."
                )
            )
        if input_tensor is not None:
            batch_shape = input_tensor.shape
            dtype = input_tensor.dtype if dtype is None else dtype
        if (shape is None) == (batch_shape is None):
            raise ValueError(
                explain(
                    "An input has no clear shape.",
                    "either `shape` (without the batch) or `batch_shape`",
                    f"shape={shape}, batch_shape={batch_shape}",
                    "pass e.g. shape=(28, 28, 1).",
                )
            )
        full = (batch_size, *_sizes(shape)) if batch_shape is None else _sizes(batch_shape)
        self.batch_shape = full
        self.input_dtype_name = config.standardize_dtype(dtype)
        self.built = True
        if input_tensor is None:
            dims = [BATCH if i == 0 and size is None else size for i, size in enumerate(full)]
            input_tensor = _core.symbolic(dims, self.input_dtype_name, self.name)
        Node(self, (), {}, input_tensor)

    def call(self) -> None:
        """An input is never called: models put their data in its place."""

    def compute_output_shape(self) -> Any:
        return self.batch_shape

    @property
    def dtype(self) -> str:
        return self.input_dtype_name

    def get_config(self) -> dict[str, Any]:
        return {"batch_shape": list(self.batch_shape), "dtype": self.input_dtype_name, "name": self.name}


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

    ValueError for negative sizes, or when neither `shape` nor `batch_shape` is given.

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
