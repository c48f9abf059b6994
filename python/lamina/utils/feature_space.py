"""Tables in front of a model: each feature gets a preprocessing layer, and all of them one name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from .. import ops
from ..checks import choice, explain
from ..data import Dataset
from ..layers import Input
from ..layers.preprocessing import CategoryEncoding, Discretization, HashedCrossing
from ..models import Model
from ..models.arrays import to_array
from ..ops.operation import outside_trace
from ..saving.serialization import deserialize_keras_object, serialize_keras_object
from .feature_kinds import KINDS, Cross, Feature, FeatureKinds, TFDConcat

_OUTPUTS = ("concat", "dict")
_ROWS = 1024  # of a dataset without batches that are adapted to together


class FeatureSpace(FeatureKinds, Model):
    """Encodes rows of a table, dicts of columns by name: a vector for each row, or with `output_mode='dict'` a dict.

    `features` has the kind of each column, by its name or as what the methods of this class make: 'float',
    'float_rescaled', 'float_normalized', 'float_discretized', 'integer_categorical', 'string_categorical',
    'integer_hashed', 'string_hashed', or `FeatureSpace.feature` with any layer. `crosses` lists features whose
    combinations are hashed too: tuples of names, or what `FeatureSpace.cross` makes. The sizes `crossing_dim`,
    `hashing_dim` and `num_discretization_bins` hold where a kind is given by name. In a vector features stand in the
    order of their names, crosses behind them.

    It takes columns of shape (batch,) or (batch, 1) as arrays, lists or tensors, frames of pandas, or one row of
    scalars; other columns are left alone. It works in `Dataset.map`, on the inputs of a model (dicts of `Input`s), and
    by itself: it is a model, so that `predict` takes tables, and `save` writes a `.lamina` file for C++ or a `.keras`
    file. ValueError for unknown kinds and columns, and before `adapt` where a feature learns from data.

    >>> from lamina.utils import FeatureSpace
    >>> table = {"size": [1.0, 2.0, 3.0], "color": ["red", "blue", "red"]}
    >>> space = FeatureSpace({"size": "float", "color": "string_categorical"})
    >>> space.adapt(table)
    >>> space({"size": [2.5], "color": ["blue"]}).numpy().tolist()
    [[0.0, 0.0, 1.0, 2.5]]
    >>> space.preprocessors["color"].get_vocabulary()
    ['[UNK]', 'red', 'blue']
    """

    _not_in_files = ("layers",)  # they stand under `preprocessors`, as in Keras

    def __init__(
        self,
        features: dict[str, Any],
        output_mode: str = "concat",
        crosses: Any = None,
        crossing_dim: int = 32,
        hashing_dim: int = 32,
        num_discretization_bins: int = 32,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        if not isinstance(features, dict) or not features:
            raise ValueError(
                explain(
                    "FeatureSpace: there are no features.",
                    "a dict with the kind of each column",
                    f"features={features!r}",
                    "pass e.g. {'age': 'float_normalized'}.",
                )
            )
        self.crossing_dim = crossing_dim
        self.hashing_dim = hashing_dim
        self.num_discretization_bins = num_discretization_bins
        self.output_mode = choice("FeatureSpace", "output_mode", output_mode, _OUTPUTS)
        self.features = {name: self._feature(name, value) for name, value in features.items()}
        self.crosses = [self._cross(cross) for cross in crosses or ()]
        self.preprocessors = {name: feature.preprocessor for name, feature in self.features.items()}
        self.crossers = {c.name: HashedCrossing(c.crossing_dim, name=c.name) for c in self.crosses}
        self.inputs = {
            name: Input(shape=(1,), dtype=feature.dtype, name=name) for name, feature in self.features.items()
        }
        self.one_hot_encoders: dict[str, Any] = {}
        self.concat = TFDConcat(axis=-1) if output_mode == "concat" else None
        self.encoded_features: Any = None
        self._is_adapted = False

    def _feature(self, name: str, feature: Any) -> Feature:
        found = deserialize_keras_object(feature) if isinstance(feature, dict) else feature
        if isinstance(found, Feature):
            return found
        sizes = {
            "float_discretized": (self.num_discretization_bins,),
            "integer_hashed": (self.hashing_dim,),
            "string_hashed": (self.hashing_dim,),
        }
        if not isinstance(found, str) or found not in KINDS:
            raise ValueError(
                explain(
                    f"FeatureSpace: the kind of feature {name!r} is not known.",
                    f"one of {KINDS}, or e.g. FeatureSpace.float()",
                    repr(feature),
                    "for other layers use FeatureSpace.feature(dtype, preprocessor, output_mode).",
                )
            )
        return getattr(type(self), found)(*sizes.get(found, ()), name=name)

    def _cross(self, cross: Any) -> Cross:
        found = deserialize_keras_object(cross) if isinstance(cross, dict) else cross
        names = found.feature_names if isinstance(found, Cross) else found
        if isinstance(names, str) or any(name not in self.features for name in names) or len(names) < 2:
            raise ValueError(
                explain(
                    "FeatureSpace: these features cannot be crossed.",
                    f"two or more of {list(self.features)}",
                    f"{names!r} in `crosses`",
                    "pass e.g. crosses=[('age', 'city')].",
                )
            )
        return found if isinstance(found, Cross) else Cross(names, crossing_dim=self.crossing_dim)

    # Learning from data.

    def adapt(self, dataset: Any) -> None:
        """Lets the layers learn from the columns of `dataset`: a dict of arrays or lists, a frame, or batches of them.

        Of elements that are tuples, the first entry counts. A dataset is read once for each feature that learns; a
        generator is kept in memory meanwhile. ValueError for other data, and for columns that are missing.
        """
        wanted = self._list_adaptable_preprocessors()
        elements = self._elements(dataset) if wanted else None
        for name in wanted:
            self.preprocessors[name].adapt(self._column(name, elements))
        self._is_adapted = True
        self.one_hot_encoders = {}
        self.encoded_features = None
        self._changed()
        self.get_encoded_features()

    def _list_adaptable_preprocessors(self) -> list[str]:
        """The features whose layers learn from data and were not told."""

        def learns(layer: Any) -> bool:
            given = (
                getattr(layer, "input_mean", None) is not None
                or getattr(getattr(layer, "_lookup_layer", layer), "_is_given", False)
                or (isinstance(layer, Discretization) and layer.num_bins is None)
            )
            return hasattr(layer, "adapt") and not given

        return [name for name, layer in self.preprocessors.items() if learns(layer)]

    def _elements(self, dataset: Any) -> Any:
        """Dicts of columns that can be read again and again."""
        if isinstance(_table(dataset), dict):
            return [_table(dataset)]
        if hasattr(dataset, "cardinality") and dataset.cardinality() == -1:
            received, fix = "an endless dataset", "pass dataset.take(100)."
        elif hasattr(dataset, "__iter__") and not isinstance(dataset, (str, bytes)):
            elements = list(dataset) if hasattr(dataset, "__next__") else dataset
            first = _table(next(iter(elements), None))
            if isinstance(first, dict):
                if any(np.ndim(to_array(column)) == 0 for column in first.values()):
                    rows = elements if isinstance(elements, Dataset) else Dataset(lambda: elements)
                    return rows.batch(_ROWS)
                return elements
            received, fix = f"elements of type {type(first).__name__}", "map them to dicts by name."
        else:
            received, fix = f"{dataset!r:.80} of type {type(dataset).__name__}", "pass e.g. {'age': ages}."
        raise ValueError(
            explain(
                f"FeatureSpace {self.name!r} cannot adapt to these data.",
                "a dict of arrays or lists, or a dataset of such dicts",
                received,
                fix,
            )
        )

    def _column(self, name: str, elements: Any) -> Iterator[np.ndarray]:
        for element in elements:
            table = _table(element)
            self._require(table, {name})
            column = to_array(table[name])
            yield column[:, None] if column.ndim == 1 else column

    def _require(self, table: Any, names: Iterable[str]) -> None:
        """ValueError unless the table has these columns."""
        missing = sorted(set(names) - set(table)) if isinstance(table, dict) else []
        if missing or not isinstance(table, dict):
            raise ValueError(
                explain(
                    f"FeatureSpace {self.name!r}: "
                    f"{f'the features {missing} are missing' if missing else 'the data are no table'}.",
                    f"a dict with {sorted(self.features)}",
                    f"{sorted(map(str, table))}" if isinstance(table, dict) else f"a {type(table).__name__}",
                    "give each feature, by its name.",
                )
            )

    def _check_if_adapted(self) -> None:
        unknown = [] if self._is_adapted else self._list_adaptable_preprocessors()
        if unknown:
            raise ValueError(
                explain(
                    f"FeatureSpace {self.name!r} does not know its data yet.",
                    "a call of `adapt` before it is used",
                    f"none, and features that learn: {unknown}",
                    "call space.adapt(table).",
                )
            )
        self._is_adapted = True

    # Encoding.

    @property
    def input(self) -> Any:
        """The symbolic inputs by name."""
        return dict(self.inputs)

    def get_inputs(self) -> dict[str, Any]:
        """The symbolic inputs by name, to make a model from. ValueError before `adapt`."""
        self._check_if_adapted()
        return self.inputs

    def get_encoded_features(self) -> Any:
        """What the symbolic inputs become: the outputs of a model that encodes. ValueError before `adapt`."""
        self._check_if_adapted()
        if self.encoded_features is None:
            self._make_encoders()
            self.encoded_features = outside_trace(lambda: self._encoded(self.inputs))
            self.built = True
        return self.encoded_features

    def _standardize(self, value: Any, positional: bool = False) -> Any:
        if not positional:
            return super()._standardize(value, positional)
        value = _table(value)
        self._require(value, self.features)
        return {name: ops.convert_to_tensor(_values(value[name])) for name in self.features}

    def call(self, data: Any) -> Any:
        self.get_encoded_features()
        ranks = [x.ndim for x in data.values()]
        columns = {
            name: ops.reshape(x, (1, 1)) if x.ndim == 0 else ops.expand_dims(x, -1) if x.ndim == 1 else x
            for name, x in data.items()
        }
        encoded = self._encoded(columns)
        if 0 not in ranks:
            return encoded
        if self.output_mode == "concat":
            return ops.squeeze(encoded, 0)
        return {name: ops.squeeze(x, 0) if x.ndim == 2 and x.shape[0] == 1 else x for name, x in encoded.items()}

    def _encoded(self, columns: dict[str, Any]) -> Any:
        found = {name: self.preprocessors[name](columns[name]) for name in self.features}
        crossed = {c.name: self.crossers[c.name]([found[name] for name in c.feature_names]) for c in self.crosses}
        encoded = {}
        for name, x in [*sorted(found.items()), *sorted(crossed.items())]:
            encoded[name] = self._one_hot(name, x) if name in self.one_hot_encoders else x
            if self.output_mode == "concat" and (x := encoded[name]).dtype.startswith(("int", "string")):
                raise ValueError(
                    explain(
                        f"Feature {name!r} cannot stand in a vector of floats.",
                        "features with output_mode 'one_hot' or 'float'",
                        f"{x.dtype} of shape {x.shape}",
                        "encode it, or use output_mode='dict' of the FeatureSpace.",
                    )
                )
        return encoded if self.concat is None else self.concat(list(encoded.values()))

    def _one_hot(self, name: str, x: Any) -> Any:
        if not x.dtype.startswith("int"):
            raise ValueError(
                explain(
                    f"Feature {name!r} cannot be one-hot encoded.",
                    "a layer that gives integers",
                    f"one that gives {x.dtype} of shape {x.shape}",
                    "use output_mode='float' of the feature.",
                )
            )
        return self.one_hot_encoders[name](x)

    def _make_encoders(self, sizes: dict[str, int] | None = None) -> None:
        """The layers that turn integers into vectors, once they can be known: their sizes stand in files."""
        specs: list[tuple[str, Any]] = sorted(self.features.items())
        specs += sorted((cross.name, cross) for cross in self.crosses)
        encoders = dict(self.one_hot_encoders)
        for name, spec in specs:
            if spec.output_mode == "one_hot" and name not in encoders:
                size = (sizes or {}).get(name) or self._cardinality(name)
                encoders[name] = CategoryEncoding(num_tokens=size, output_mode="multi_hot")
        self.one_hot_encoders = encoders

    def _cardinality(self, name: str) -> int:
        """How many different integers the layer of a feature or cross gives."""
        layer = self.preprocessors.get(name) or self.crossers[name]
        if hasattr(layer, "vocabulary_size"):
            return layer.vocabulary_size()
        if isinstance(layer, Discretization) and layer.bin_boundaries is not None:
            return layer.num_bins or len(layer.bin_boundaries) + 1
        size = getattr(layer, "num_tokens", None) or getattr(layer, "num_bins", None)
        if size is None:
            raise ValueError(
                explain(
                    f"Feature {name!r} cannot be one-hot encoded.",
                    "a layer that says how many integers there are",
                    f"a {type(layer).__name__}",
                    "use output_mode='int' of the feature.",
                )
            )
        return size

    # Files.

    def save(self, filepath: Any, overwrite: bool = True, zipped: bool | None = None, **kwargs: Any) -> None:
        """Writes it to a `.lamina` file, which C++ programs read too, or a `.keras` file, for `load_model`."""
        self.get_encoded_features()
        super().save(filepath, overwrite=overwrite, zipped=zipped, **kwargs)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments; what was learned stands in files beside it."""
        return {
            "features": serialize_keras_object(self.features),
            "output_mode": self.output_mode,
            "crosses": serialize_keras_object(self.crosses),
            "crossing_dim": self.crossing_dim,
            "hashing_dim": self.hashing_dim,
            "num_discretization_bins": self.num_discretization_bins,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> FeatureSpace:
        """The space that `get_config` described."""
        from ..saving.registration import CustomObjectScope

        with CustomObjectScope(custom_objects):
            return cls(**config)

    def get_build_config(self) -> dict[str, Any] | None:
        """The shapes that the layers were built for, and how many entries the vectors of categories have."""
        if not self.built:
            return None
        shapes = {name: layer.get_build_config() or {} for name, layer in self.preprocessors.items()}
        sizes = {name: {"cardinality": e.num_tokens} for name, e in self.one_hot_encoders.items() if name in shapes}
        return {name: {**shape, **sizes.get(name, {})} for name, shape in shapes.items()}

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Makes it ready to take what was learned from the rest of the file."""
        known = {name: found for name, found in config.items() if name in self.preprocessors and found}
        if not all(isinstance(found, dict) for found in known.values()):
            raise ValueError(
                explain(
                    f"FeatureSpace {self.name!r} cannot be built.",
                    "a dict of shapes for each feature",
                    f"{config!r:.80}",
                    "use what `get_build_config()` gave.",
                )
            )
        for name, found in known.items():
            if not self.preprocessors[name].built:
                self.preprocessors[name].build_from_config(found)
        self._is_adapted = True
        sizes = {name: found["cardinality"] for name, found in known.items() if "cardinality" in found}
        if sizes:
            self._make_encoders(sizes)

    def save_own_variables(self, store: Any) -> None:
        """Nothing: its layers have all."""

    def load_own_variables(self, store: Any) -> None:
        """Nothing: its layers have all."""


def _table(element: Any) -> Any:
    """The columns of an element of a dataset, or of a frame, by name."""
    table = element[0] if isinstance(element, tuple) and element else element
    return dict(table) if hasattr(table, "to_numpy") and hasattr(table, "columns") else table


def _values(column: Any) -> Any:
    """Columns of frames as arrays; tensors and lists as they are."""
    return to_array(column) if hasattr(column, "to_numpy") else column
