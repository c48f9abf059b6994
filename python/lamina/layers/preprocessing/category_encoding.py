"""The layer that turns numbers of categories into vectors."""

from __future__ import annotations

from typing import Any

from ... import ops
from ...checks import choice, explain, integer
from ..layer import Layer
from .encoding import encode, say_it_is_dense

_MODES = ("multi_hot", "one_hot", "count")


class CategoryEncoding(Layer):
    """Integers in [0, num_tokens) as vectors of `num_tokens` numbers; integers outside of it give zeros.

    `output_mode` 'multi_hot' (or 'binary') gives one vector for each sample, with 1 at every integer of it; 'count' how
    often each is there, or with `count_weights` in the call the sums of these; 'one_hot' one vector for each integer
    (for each row, if the last axis has size 1). A vector of integers is one sample. Tensors are dense: `sparse=True`
    gives the same numbers, and a warning. ValueError without `num_tokens`.

    >>> import lamina
    >>> layer = lamina.layers.CategoryEncoding(num_tokens=4, output_mode="one_hot")
    >>> layer([3, 2, 0, 1]).numpy().tolist()
    [[0.0, 0.0, 0.0, 1.0], [0.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]]
    >>> lamina.layers.CategoryEncoding(4, "count")([[0, 1], [2, 2]], count_weights=[[0.5, 1.0], [2.0, 3.0]]).numpy()
    array([[0.5, 1. , 0. , 0. ],
           [0. , 0. , 5. , 0. ]], dtype=float32)
    """

    _config_omit_defaults = ("sparse",)  # as Keras, which forgets it

    def __init__(
        self, num_tokens: int | None = None, output_mode: str = "multi_hot", sparse: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**{"autocast": False, **kwargs})  # whole numbers may come as floats
        if num_tokens is None:
            raise ValueError(
                explain(
                    "CategoryEncoding: `num_tokens` is missing.",
                    "the number of categories",
                    "num_tokens=None",
                    "pass it; an IntegerLookup finds it out from data.",
                )
            )
        self.num_tokens = integer("CategoryEncoding", "num_tokens", num_tokens)
        self.output_mode = choice("CategoryEncoding", "output_mode", output_mode, (*_MODES, "binary"))
        if self.output_mode == "binary":
            self.output_mode = "multi_hot"
        self.sparse = bool(sparse)
        say_it_is_dense(type(self).__name__, self.sparse)

    def call(self, inputs: Any, count_weights: Any = None) -> Any:
        if count_weights is not None:
            if self.output_mode != "count":
                raise ValueError(
                    explain(
                        "CategoryEncoding: weights have no use here.",
                        "`count_weights` with output_mode='count' only",
                        f"output_mode={self.output_mode!r}",
                        "leave them out, or count.",
                    )
                )
            count_weights = ops.convert_to_tensor(count_weights, self.compute_dtype)
        return encode(inputs, self.output_mode, self.num_tokens, self.compute_dtype, count_weights)
