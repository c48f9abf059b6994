"""The layer that puts numbers into bins."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ...checks import choice, explain, integer, number
from ...ops.convert import is_float
from ...ops.operation import is_drawing
from ..layer import Layer
from .adapt import batches, numbers
from .encoding import encode, say_it_is_dense

_MODES = ("int", "one_hot", "multi_hot", "count")


class Discretization(Layer):
    """The bin of each number: 0 below the first of `bin_boundaries`, i where boundary[i - 1] <= x < boundary[i].

    The boundaries are given, or found by `adapt(data)`, which cuts the data into `num_bins` bins of equally many
    numbers, up to a share of about `epsilon` of them. `output_mode` 'int' gives the bins as int32; 'one_hot',
    'multi_hot' and 'count' vectors as CategoryEncoding. Tensors are dense: `sparse=True` gives the same numbers, and a
    warning. ValueError unless either boundaries that ascend or a number of bins is given.

    >>> import lamina
    >>> lamina.layers.Discretization([0.0, 1.0, 2.0])([[-1.5, 1.0, 3.4, 0.5]]).numpy().tolist()
    [[0, 2, 3, 1]]
    >>> layer = lamina.layers.Discretization(num_bins=4)
    >>> layer.adapt([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    >>> layer.bin_boundaries
    [2.5, 5.0, 7.5]
    """

    def __init__(
        self,
        bin_boundaries: Any = None,
        num_bins: int | None = None,
        epsilon: float = 0.01,
        output_mode: str = "int",
        sparse: bool = False,
        dtype: Any = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype, autocast=False)  # 16-bit floats would fall into other bins
        if (bin_boundaries is None) == (num_bins is None):
            raise ValueError(
                explain(
                    "Discretization: the bins are not defined.",
                    "either `bin_boundaries` or `num_bins`",
                    f"bin_boundaries={bin_boundaries!r}, num_bins={num_bins!r}",
                    "pass one of the two.",
                )
            )
        self.bin_boundaries: list[float] | None = None if bin_boundaries is None else _boundaries(bin_boundaries)
        self.num_bins = None if num_bins is None else integer("Discretization", "num_bins", num_bins)
        self.epsilon = number("Discretization", "epsilon", epsilon, low=1e-6, high=1.0)
        self.output_mode = choice("Discretization", "output_mode", output_mode, _MODES)
        self.sparse = bool(sparse)
        say_it_is_dense(type(self).__name__, self.sparse, self.output_mode)
        self.summary: Any = None
        self.reset_state()

    @property
    def output_dtype(self) -> str:
        """int32 for bins, the compute dtype for vectors."""
        return "int32" if self.output_mode == "int" else self.compute_dtype

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Finds the boundaries for `data`: an array, a dataset, or batches; at most `steps` of them.

        What was found before is forgotten; a model that has run with it has to be compiled anew. ValueError when the
        boundaries were given.
        """
        if self.num_bins is None:
            raise ValueError(
                explain(
                    "Discretization: the boundaries are known already.",
                    "a layer made with `num_bins`",
                    f"a call of `adapt` with bin_boundaries={self.bin_boundaries}",
                    "pass `num_bins` in their place, or do not adapt.",
                )
            )
        self.reset_state()
        for batch in batches("Discretization", data, steps):
            self.update_state(batch)
        self.finalize_state()

    def reset_state(self) -> None:
        """Forgets the data seen so far, but not the boundaries."""
        if self.num_bins is not None:
            self.summary = np.zeros((2, 0), "float32")

    def update_state(self, data: Any) -> None:
        """Adds a batch to the summary of the data."""
        values = numbers("Discretization", np.asarray(data))
        self.summary = _merged(_summary(values, self.epsilon), self.summary, self.epsilon)

    def finalize_state(self) -> None:
        """Makes the boundaries from the summary. ValueError before any data."""
        if self.num_bins is None:
            return
        if not self.summary.size:
            raise ValueError(
                explain(
                    "Discretization: there is nothing to adapt to.", "one number or more", "none", "check the data."
                )
            )
        self.bin_boundaries = _compressed(self.summary, 1.0 / self.num_bins)[0, :-1].tolist()

    def call(self, inputs: Any) -> Any:
        boundaries = self.bin_boundaries
        if boundaries is None and is_drawing():  # a model may be built before the layer is adapted
            boundaries = [0.0] * ((self.num_bins or 1) - 1)
        if boundaries is None:
            raise ValueError(
                explain(
                    "Discretization: the boundaries are not known yet.",
                    "`bin_boundaries`, or a call of `adapt`",
                    f"num_bins={self.num_bins} and no data",
                    "call layer.adapt(data) first.",
                )
            )
        inputs = ops.cast(inputs, "float32" if is_float(inputs.dtype) and inputs.dtype != "float64" else "float64")
        bins = np.asarray(boundaries, inputs.dtype)
        places = ops.searchsorted(bins, inputs, side="right")
        if self.output_mode == "int":
            return places
        return encode(places, self.output_mode, len(bins) + 1, self.compute_dtype)

    def load_own_variables(self, store: Any) -> None:
        """Files hold no weights of it, but those of older versions of Keras a summary."""
        if len(store) == 1:
            self.summary = np.asarray(store["0"])

    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), "bin_boundaries": self.bin_boundaries}
        config.pop("trainable")  # it cannot be given
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Discretization:
        found = config.get("bin_boundaries")
        if found is None or config.get("num_bins") is None:
            return super().from_config(config)
        layer = super().from_config({**config, "bin_boundaries": None})
        layer.bin_boundaries = _boundaries(found)
        return layer


def _boundaries(values: Any) -> list[float]:
    try:
        array = np.asarray(values, "float64")
    except (TypeError, ValueError):
        array = np.full((1, 1), np.nan)
    if array.ndim != 1 or np.isnan(array).any() or (np.diff(array) < 0).any():
        raise ValueError(
            explain(
                "Discretization: `bin_boundaries` are no boundaries.",
                "numbers that ascend",
                f"bin_boundaries={values!r}",
                "sort them.",
            )
        )
    return [float(v) for v in array]


# The summary of numbers: quantiles (first row) and how many numbers each stands for (second row), about 1 / epsilon of
# them however many numbers there are.


def _summary(values: np.ndarray, epsilon: float) -> np.ndarray:
    """Every n-th of the sorted numbers, where n is a share of `epsilon`."""
    ordered = np.sort(values.astype("float32"), axis=None)
    step = max(ordered.size * epsilon, 1.0)
    kept = ordered[int(step - 1) :: int(step)]
    return np.stack([kept, np.full_like(kept, step)])


def _merged(one: np.ndarray, other: np.ndarray, epsilon: float) -> np.ndarray:
    both = np.concatenate([one, other], axis=1)
    return _compressed(both[:, np.argsort(both[0], kind="stable")], epsilon)


def _compressed(summary: np.ndarray, epsilon: float) -> np.ndarray:
    """The summary at every share of `epsilon` of the weight, interpolated."""
    if summary.shape[1] * epsilon < 1:
        return summary
    shares = epsilon + np.arange(0.0, 1.0, epsilon)
    reached = summary[1].cumsum()
    values = np.interp(shares, reached / reached[-1], summary[0])
    weights = np.interp(shares, reached / reached[-1], reached)
    return np.stack([values, np.diff(weights, prepend=0.0)]).astype("float32")
