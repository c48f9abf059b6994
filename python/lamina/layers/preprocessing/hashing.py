"""Layers that put categories into bins by their hash: no vocabulary is needed."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import _core, config, ops
from ...checks import choice, explain, integer
from ...ops.convert import is_float
from ..layer import Layer
from .encoding import encode, say_it_is_dense
from .lookup import hashed, salt_of
from .vocabulary import IntegerVocabulary, TextVocabulary

_MODES = ("int", "one_hot", "multi_hot", "count")


class Hashing(Layer):
    """The bin in [0, num_bins) of each text or integer: its hash (FarmHash's fingerprint, with `salt` SipHash).

    With `mask_value`, bin 0 is kept for it. `output_mode` 'int' gives int64 bins, the others vectors as
    CategoryEncoding. Tensors are dense: `sparse=True` gives the same numbers, and a warning.

    >>> import lamina
    >>> lamina.layers.Hashing(num_bins=3)([["A"], ["B"], ["C"], ["D"], ["E"]]).numpy().ravel().tolist()
    [1, 0, 1, 1, 2]
    """

    _takes_texts = True
    supports_jit = False

    def __init__(
        self,
        num_bins: int,
        mask_value: Any = None,
        salt: Any = None,
        output_mode: str = "int",
        sparse: bool = False,
        **kwargs: Any,
    ) -> None:
        self.output_mode = choice("Hashing", "output_mode", output_mode, _MODES)
        if kwargs.get("dtype") is None:
            kwargs["dtype"] = "int64" if output_mode == "int" else config.floatx()
        super().__init__(autocast=False, **kwargs)
        if output_mode == "int" and self.dtype_policy.name not in ("int32", "int64"):
            raise ValueError(
                explain("Hashing: bins are integers.", "dtype 'int32' or 'int64'", repr(kwargs["dtype"]), "change it.")
            )
        self.num_bins = integer("Hashing", "num_bins", num_bins)
        self.mask_value = mask_value
        self._mask: Any = None  # a vocabulary of it alone, once it is needed
        self.salt = salt_of("Hashing", salt)
        self.sparse = bool(sparse)
        say_it_is_dense(type(self).__name__, self.sparse, self.output_mode)

    def call(self, inputs: Any) -> Any:
        x = ops.convert_to_tensor(inputs)
        if x.dtype != "string":
            x = ops.cast(x, "int64")
        if self.mask_value is not None and isinstance(self.mask_value, (str, bytes)) != (x.dtype == "string"):
            raise ValueError(
                explain(
                    "Hashing: `mask_value` is of another kind than the inputs.",
                    "a text for texts, an integer for integers",
                    f"mask_value={self.mask_value!r}, {x.dtype} of shape {x.shape}",
                    "change mask_value.",
                )
            )
        bins = self.num_bins
        masked = self.mask_value is not None and bins > 1
        found = hashed(x, bins - masked, self.salt)
        if masked:
            if self._mask is None:
                self._mask = (TextVocabulary if x.dtype == "string" else IntegerVocabulary)([self.mask_value])
            found = ops.where(self._mask.find(x) == 0, np.int64(0), found + 1)
        if self.output_mode == "int":
            return ops.cast(found, self.compute_dtype)
        return encode(found, self.output_mode, self.num_bins, self.compute_dtype)


class HashedCrossing(Layer):
    """The bin in [0, num_bins) of each combination of two or more features: a list of texts or integers of one shape.

    Shapes are (), (batch,) or (batch, 1). `output_mode` is 'int' or 'one_hot'. Tensors are dense: `sparse=True` gives
    the same numbers, and a warning. ValueError for other inputs.

    >>> import lamina
    >>> layer = lamina.layers.HashedCrossing(num_bins=5)
    >>> layer((["A", "B", "A", "B", "A"], [101, 101, 101, 102, 102])).numpy().tolist()
    [1, 4, 1, 1, 3]
    """

    _takes_texts = True
    supports_jit = False

    def __init__(
        self,
        num_bins: int,
        output_mode: str = "int",
        sparse: bool = False,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        self.output_mode = choice("HashedCrossing", "output_mode", output_mode, ("int", "one_hot"))
        if dtype is None and output_mode == "int":
            dtype = "int64"
        super().__init__(name=name, dtype=dtype, autocast=False, **kwargs)
        self.num_bins = integer("HashedCrossing", "num_bins", num_bins)
        self.sparse = bool(sparse)
        say_it_is_dense(type(self).__name__, self.sparse, self.output_mode)

    def _standardize(self, value: Any, positional: bool = False) -> Any:
        if positional and isinstance(value, (list, tuple)):  # of features, which may be lists
            return [super(HashedCrossing, self)._standardize(feature, True) for feature in value]
        return super()._standardize(value, positional)

    def call(self, inputs: Any) -> Any:
        features = [ops.convert_to_tensor(x) for x in inputs] if isinstance(inputs, (list, tuple)) else []
        shapes = [x.shape for x in features]
        integers = all(x.dtype == "string" or not is_float(x.dtype) for x in features)
        flat = all(len(s) < 2 or (len(s) == 2 and s[1] == 1) for s in shapes)
        if len(features) < 2 or not flat or not integers or any(s != shapes[0] for s in shapes):
            raise ValueError(
                explain(
                    "HashedCrossing: these features cannot be crossed.",
                    "a list of two or more tensors of texts or integers, all of shape (), (batch,) or (batch, 1)",
                    f"{[f'{x.dtype} {x.shape}' for x in features] or type(inputs).__name__}",
                    "pass layer((feature1, feature2)).",
                )
            )
        features = [x if x.dtype == "string" else ops.cast(x, "int64") for x in features]
        bins = _core.ops.text_cross(*features, num_bins=self.num_bins)
        if self.output_mode == "int":
            return ops.cast(bins, self.compute_dtype)
        return encode(bins, "one_hot", self.num_bins, self.compute_dtype)
