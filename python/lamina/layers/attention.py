"""Attention of one head, without projections: Attention (Luong) and AdditiveAttention (Bahdanau)."""

from __future__ import annotations

from typing import Any

from .. import _core, ops
from ..checks import choice, differ, explain, number
from ..random import SeedGenerator, dropout
from .layer import Layer
from .shapes import is_shape


def distances(queries: Any, keys: Any) -> Any:
    """Query's place - key's place, an int32 matrix of that many rows and columns."""
    places = (_core.ops.arange(size=n, start=0.0, step=1.0, dtype="int32") for n in (queries, keys))
    rows, columns = places
    return ops.expand_dims(rows, 1) - columns


class Attention(Layer):
    """`softmax(scores(query, key)) . value`: each query gets a mean of the values, weighted by the scores of the keys.

    The input is a list: query (batch, T, features), value (batch, S, size) and, unless the values serve as keys, key
    (batch, S, features). The output is (batch, T, size); with `return_attention_scores=True` in the call it is a pair
    with the scores after softmax, (batch, T, S). `score_mode` 'dot': products of query and key; 'concat':
    `weight * sum(tanh(query + key))`. `use_scale` learns a factor. `dropout` is the share of the scores dropped in
    training. Masks (`mask=[query mask, value mask]`): values whose mask is False are not attended to, outputs whose
    query's mask is False are 0; `use_causal_mask=True` in the call hides the keys behind each query's place.
    (Luong et al. 2015)

    >>> import numpy as np, lamina
    >>> query, value = np.ones((2, 3, 4), "float32"), np.ones((2, 5, 4), "float32")
    >>> lamina.layers.Attention()([query, value]).shape
    (2, 3, 4)
    """

    def __init__(
        self,
        use_scale: bool = False,
        score_mode: str = "dot",
        dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        owner = type(self).__name__
        self.use_scale = bool(use_scale)
        self.score_mode = choice(owner, "score_mode", score_mode, ("dot", "concat"))
        self.dropout = number(owner, "dropout", dropout, 0.0, 1.0)
        self.seed = seed
        self.seed_generator = SeedGenerator(seed) if self.dropout else None
        self.scale: Any = None
        self.concat_score_weight: Any = None

    def build(self, input_shape: Any) -> None:
        query, value, key = self._parts(input_shape)
        fits = len(query) == len(key) == len(value) >= 3
        if not fits or differ(query[-1], key[-1]) or differ(value[-2], key[-2]):
            raise ValueError(
                explain(
                    f"{type(self).__name__} {self.name!r}: query, value and key do not fit.",
                    "query (batch, T, features), value (batch, S, size) and key (batch, S, features), where the value "
                    "is the key if there are two",
                    f"shapes {', '.join(str(tuple(shape)) for shape in input_shape)}",
                    "bring query and key to the same number of features, with a Dense layer for example.",
                )
            )
        self._add_weights(query[-1])

    def _add_weights(self, features: int | None) -> None:
        if self.use_scale:
            self.scale = self.add_weight((), "ones", name="scale")
        if self.score_mode == "concat":
            self.concat_score_weight = self.add_weight((), "ones", name="concat_score_weight")

    def _parts(self, inputs: Any) -> tuple[Any, Any, Any]:
        """Query, value and key of a list of two or three: of tensors, shapes or masks."""
        if not isinstance(inputs, (list, tuple)) or is_shape(inputs) or len(inputs) not in (2, 3):
            received = f"{len(inputs)} of them" if isinstance(inputs, (list, tuple)) and inputs else repr(inputs)
            raise ValueError(
                explain(
                    f"{type(self).__name__} {self.name!r}: the inputs are not query, value and key.",
                    "a list [query, value] or [query, value, key]; its masks likewise",
                    received if not is_shape(inputs) else "one tensor",
                    "pass a list, [x, x] for attention of x to itself.",
                )
            )
        return inputs[0], inputs[1], inputs[-1]

    def call(
        self,
        inputs: Any,
        mask: Any = None,
        training: bool | None = False,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        query, value, key = self._parts(inputs)
        query_mask, value_mask, _ = (None, None, None) if mask is None else self._parts(mask)
        scores = self._scores(query, key)
        keep = None if value_mask is None else ops.expand_dims(ops.cast(value_mask, "bool"), -2)
        if use_causal_mask:
            causal = ops.greater_equal(distances(scores.dims[-2], scores.dims[-1]), 0)
            keep = causal if keep is None else ops.logical_and(keep, causal)
        if keep is not None:
            scores = ops.where(keep, scores, scores - (65504.0 if scores.dtype == "float16" else 1e9))
        weights = ops.softmax(scores, axis=-1)
        dropped = dropout(weights, self.dropout, seed=self.seed_generator) if training and self.dropout else weights
        outputs = ops.matmul(dropped, value)
        if query_mask is not None:
            outputs = ops.where(ops.expand_dims(ops.cast(query_mask, "bool"), -1), outputs, 0.0)
        return (outputs, weights) if return_attention_scores else outputs

    def _scores(self, query: Any, key: Any) -> Any:
        """(batch, T, S), before softmax."""
        if self.score_mode == "dot":
            scores = ops.einsum("...qd,...kd->...qk", query, key)
            return scores if self.scale is None else scores * self.scale.value
        both = _sums(query, key) if self.scale is None else self.scale.value * _sums(query, key)
        return self.concat_score_weight.value * ops.sum(ops.tanh(both), axis=-1)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return None if previous_mask is None else self._parts(previous_mask)[0]


class AdditiveAttention(Attention):
    """Attention whose scores are `sum(scale * tanh(query + key))`; `use_scale` learns a scale for each feature.

    Inputs, outputs and the other arguments are those of `Attention`. (Bahdanau et al. 2015)

    >>> import numpy as np, lamina
    >>> query, value = np.ones((2, 3, 4), "float32"), np.ones((2, 5, 4), "float32")
    >>> lamina.layers.AdditiveAttention()([query, value]).shape
    (2, 3, 4)
    """

    def __init__(self, use_scale: bool = True, dropout: float = 0.0, **kwargs: Any) -> None:
        super().__init__(use_scale, dropout=dropout, **kwargs)

    def _add_weights(self, features: int | None) -> None:
        if self.use_scale:
            self.scale = self.add_weight((features,), "glorot_uniform", name="scale")

    def _scores(self, query: Any, key: Any) -> Any:
        bent = ops.tanh(_sums(query, key))
        return ops.sum(bent if self.scale is None else self.scale.value * bent, axis=-1)


def _sums(query: Any, key: Any) -> Any:
    """query + key for each pair of them: (batch, T, S, features)."""
    return ops.expand_dims(query, -2) + ops.expand_dims(key, -3)
