"""The kinds of features that a FeatureSpace knows: columns of a table, and the layers that encode them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .. import ops
from ..checks import choice, explain, integer
from ..layers import Layer
from ..layers.preprocessing import Discretization, Hashing, IntegerLookup, Normalization, Rescaling, StringLookup
from ..saving.configurable import Configurable
from ..saving.serialization import deserialize_keras_object
from .naming import auto_name

KINDS = (
    *("float", "float_rescaled", "float_normalized", "float_discretized"),
    *("integer_categorical", "string_categorical", "integer_hashed", "string_hashed"),
)


class Cross(Configurable):
    """Features whose combinations are hashed into `crossing_dim` bins: what `FeatureSpace.cross` makes."""

    def __init__(self, feature_names: Iterable[str], crossing_dim: int, output_mode: str = "one_hot") -> None:
        self.feature_names = tuple(feature_names)
        self.crossing_dim = integer("FeatureSpace.cross", "crossing_dim", crossing_dim)
        self.output_mode = choice("FeatureSpace.cross", "output_mode", output_mode, ("int", "one_hot"))

    @property
    def name(self) -> str:
        """The names of the features, joined by `_X_`."""
        return "_X_".join(self.feature_names)


class Feature(Configurable):
    """A column of a table: the dtype of its values, the layer that encodes them, and what of it goes on."""

    def __init__(self, dtype: str, preprocessor: Any, output_mode: str) -> None:
        self.output_mode = choice("FeatureSpace.feature", "output_mode", output_mode, ("int", "one_hot", "float"))
        self.dtype = dtype
        self.preprocessor = deserialize_keras_object(preprocessor) if isinstance(preprocessor, dict) else preprocessor
        if not callable(self.preprocessor):
            raise TypeError(
                explain(
                    "FeatureSpace.feature: `preprocessor` is no layer.",
                    "a layer, made already",
                    f"preprocessor={preprocessor!r}",
                    "pass e.g. lamina.layers.Rescaling(0.1).",
                )
            )


class TFDIdentity(Layer):
    """Floats as they are. The name is that of the files of Keras."""

    def call(self, inputs: Any) -> Any:
        return ops.cast(inputs, self.compute_dtype)


class TFDConcat(Layer):
    """Features side by side. The name is that of the files of Keras."""

    def __init__(self, axis: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def call(self, inputs: Any) -> Any:
        return ops.concatenate(inputs, axis=self.axis)


class FeatureKinds:
    """What makes features, by the name of their kind."""

    @classmethod
    def cross(cls, feature_names: Iterable[str], crossing_dim: int, output_mode: str = "one_hot") -> Cross:
        """Combinations of two or more features, hashed into `crossing_dim` bins."""
        return Cross(feature_names, crossing_dim, output_mode=output_mode)

    @classmethod
    def feature(cls, dtype: str, preprocessor: Any, output_mode: str) -> Feature:
        """A column of any dtype that a layer of your own encodes; `output_mode` is 'int', 'one_hot' or 'float'."""
        return Feature(dtype, preprocessor, output_mode)

    @classmethod
    def float(cls, name: str | None = None) -> Feature:
        """Floats as they are."""
        return Feature("float32", TFDIdentity(dtype="float32", name=_layer_name("float", name)), "float")

    @classmethod
    def float_rescaled(cls, scale: Any = 1.0, offset: Any = 0.0, name: str | None = None) -> Feature:
        """Floats times `scale` plus `offset`."""
        named = _layer_name("float_rescaled", name)
        return Feature("float32", Rescaling(scale=scale, offset=offset, name=named), "float")

    @classmethod
    def float_normalized(cls, name: str | None = None) -> Feature:
        """Floats with mean 0 and variance 1, as found in the data."""
        named = _layer_name("float_normalized", name)
        return Feature("float32", Normalization(axis=-1, name=named), "float")

    @classmethod
    def float_discretized(
        cls, num_bins: int, bin_boundaries: Any = None, output_mode: str = "one_hot", name: str | None = None
    ) -> Feature:
        """Floats in bins: `num_bins` found in the data, or (with num_bins=None) those between `bin_boundaries`."""
        named = _layer_name("float_discretized", name)
        layer = Discretization(num_bins=num_bins, bin_boundaries=bin_boundaries, name=named)
        return Feature("float32", layer, output_mode)

    @classmethod
    def integer_categorical(
        cls,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        output_mode: str = "one_hot",
        name: str | None = None,
    ) -> Feature:
        """Integers by their number among those in the data: see `IntegerLookup`."""
        named = _layer_name("integer_categorical", name)
        layer = IntegerLookup(name=named, max_tokens=max_tokens, num_oov_indices=num_oov_indices)
        return Feature("int32", layer, output_mode)

    @classmethod
    def string_categorical(
        cls,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        output_mode: str = "one_hot",
        name: str | None = None,
    ) -> Feature:
        """Texts by their number among those in the data: see `StringLookup`."""
        named = _layer_name("string_categorical", name)
        layer = StringLookup(name=named, max_tokens=max_tokens, num_oov_indices=num_oov_indices)
        return Feature("string", layer, output_mode)

    @classmethod
    def string_hashed(cls, num_bins: int, output_mode: str = "one_hot", name: str | None = None) -> Feature:
        """Texts in bins by their hash."""
        return Feature("string", Hashing(num_bins, name=_layer_name("string_hashed", name)), output_mode)

    @classmethod
    def integer_hashed(cls, num_bins: int, output_mode: str = "one_hot", name: str | None = None) -> Feature:
        """Integers in bins by their hash."""
        return Feature("int32", Hashing(num_bins, name=_layer_name("integer_hashed", name)), output_mode)


def _layer_name(kind: str, name: str | None) -> str:
    return f"{name or auto_name(kind)}_preprocessor"
