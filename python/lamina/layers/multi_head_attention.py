"""Attention of several heads: MultiHeadAttention, and GroupQueryAttention, whose queries share keys and values."""

from __future__ import annotations

from typing import Any

from ..checks import explain, integer, is_integer
from .einsum_dense import EinsumDense
from .headed_attention import HeadedAttention
from .weights import weight_arguments


class MultiHeadAttention(HeadedAttention):
    """Attention of several heads with learned projections (Vaswani et al. 2017).

    Called on query (batch, T, features), value (batch, S, features) and, unless the values serve as keys, key. Each of
    `num_heads` heads attends with queries and keys of size `key_dim` and values of size `value_dim` (`key_dim` by
    default); their results are projected to `output_shape` (an int or a tuple; the query's features by default). With
    `return_attention_scores=True` the call returns also the scores (batch, heads, T, S).

    Who may attend to whom: the masks that query, value and key carry, `attention_mask` (batch, T, S), and
    `use_causal_mask=True` (no key behind the query's place) of the call, and `sliding_window` (keys at most
    `sliding_window - 1` places away); all of them have to allow it. `attention_axes` are the axes attended over, all
    between batch and features by default. `dropout` is the share of scores dropped in training. `use_gate` multiplies
    what the heads give by a sigmoid projection of the query (Qiu et al. 2025). `flash_attention` is accepted: where
    scores are neither asked for nor dropped, attention is one fused operation.

    >>> import numpy as np, lamina
    >>> x = np.ones((2, 5, 8), "float32")
    >>> layer = lamina.layers.MultiHeadAttention(num_heads=2, key_dim=4)
    >>> outputs, scores = layer(x, x, use_causal_mask=True, return_attention_scores=True)
    >>> outputs.shape, scores.shape
    ((2, 5, 8), (2, 2, 5, 5))
    """

    @weight_arguments(kernel="glorot_uniform", bias="zeros", activity_regularizer=True)
    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: Any = None,
        attention_axes: Any = None,
        sliding_window: int | None = None,
        flash_attention: bool | None = None,
        *,
        use_gate: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(dropout, use_bias, sliding_window, flash_attention, use_gate, seed, **kwargs)
        owner = type(self).__name__
        self.num_heads = integer(owner, "num_heads", num_heads)
        self.key_dim = integer(owner, "key_dim", key_dim)
        self.value_dim = self.key_dim if value_dim is None else integer(owner, "value_dim", value_dim)
        sizes = (
            output_shape if isinstance(output_shape, (list, tuple)) else [] if output_shape is None else [output_shape]
        )
        self._output_sizes = tuple(integer(owner, "output_shape", n) for n in sizes) or None
        self.attention_axes = self._checked_axes(attention_axes)

    def _checked_axes(self, axes: Any) -> tuple[int, ...] | None:
        named = axes if isinstance(axes, (list, tuple)) else [] if axes is None else [axes]
        if all(map(is_integer, named)):
            return tuple(map(int, named)) or None
        raise ValueError(
            explain(
                "MultiHeadAttention: `attention_axes` does not name axes.",
                "an integer, a list of integers, or None",
                f"attention_axes={axes!r}",
                "name the axes to attend over.",
            )
        )

    @property
    def _heads(self) -> tuple[int, int]:
        return self.num_heads, self.num_heads

    @property
    def _head_sizes(self) -> tuple[int, int]:
        return self.key_dim, self.value_dim

    @property
    def query_dense(self) -> EinsumDense:
        """The projection of the query."""
        return self._query_dense

    @property
    def key_dense(self) -> EinsumDense:
        """The projection of the key."""
        return self._key_dense

    @property
    def value_dense(self) -> EinsumDense:
        """The projection of the value."""
        return self._value_dense

    @property
    def output_dense(self) -> EinsumDense:
        """The projection of what the heads give."""
        return self._output_dense

    def _regularize(self, outputs: Any) -> None:
        """Nothing: its activities are those of the projections, the output's among them."""

    def get_config(self) -> dict[str, Any]:
        # `output_shape` itself is the shape of the layer's symbolic output.
        return {**super().get_config(), "output_shape": self._output_sizes}


class GroupQueryAttention(HeadedAttention):
    """MultiHeadAttention with fewer heads of keys and values than of queries (Ainslie et al. 2023).

    `num_query_heads` heads of size `head_dim` share `num_key_value_heads` heads of keys and values, whose number has to
    divide theirs. Calls, masks and the other arguments are those of `MultiHeadAttention`.

    >>> import numpy as np, lamina
    >>> x = np.ones((2, 5, 8), "float32")
    >>> lamina.layers.GroupQueryAttention(head_dim=4, num_query_heads=4, num_key_value_heads=2)(x, x).shape
    (2, 5, 8)
    """

    _name_in_files = "GroupedQueryAttention"  # which is its name inside of Keras

    @weight_arguments(kernel="glorot_uniform", bias="zeros", activity_regularizer=True)
    def __init__(
        self,
        head_dim: int,
        num_query_heads: int,
        num_key_value_heads: int,
        dropout: float = 0.0,
        use_bias: bool = True,
        sliding_window: int | None = None,
        flash_attention: bool | None = None,
        *,
        use_gate: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(dropout, use_bias, sliding_window, flash_attention, use_gate, seed, **kwargs)
        owner = type(self).__name__
        self.head_dim = integer(owner, "head_dim", head_dim)
        self.num_query_heads = integer(owner, "num_query_heads", num_query_heads)
        self.num_key_value_heads = integer(owner, "num_key_value_heads", num_key_value_heads)
        if self.num_query_heads % self.num_key_value_heads:
            raise ValueError(
                explain(
                    f"{owner}: the query's heads do not split into groups.",
                    f"`num_query_heads` divisible by num_key_value_heads={self.num_key_value_heads}",
                    f"num_query_heads={self.num_query_heads}",
                    "change one of the two.",
                )
            )

    @property
    def _heads(self) -> tuple[int, int]:
        return self.num_query_heads, self.num_key_value_heads

    @property
    def _head_sizes(self) -> tuple[int, int]:
        return self.head_dim, self.head_dim
