"""What the attentions of several heads have in common: projections, masks, the computation."""

from __future__ import annotations

import functools
import string
from collections.abc import Sequence
from typing import Any

from .. import ops
from ..checks import axis_in_range, explain, integer, number, shapes_differ
from .activation import Softmax
from .attention import distances
from .einsum_dense import EinsumDense
from .layer import Layer
from .regularization import Dropout


class HeadedAttention(Layer):
    """Projects query, key and value to several heads, lets each head attend, and projects the heads together back.

    Subclasses tell the numbers and sizes of the heads.
    """

    _config_omit_defaults = ("activity_regularizer", "flash_attention", "use_gate", "sliding_window")
    attention_axes: tuple[int, ...] | None = None
    _output_sizes: tuple[int, ...] | None = None

    def __init__(
        self,
        dropout: float,
        use_bias: bool,
        sliding_window: int | None,
        flash_attention: bool | None,
        use_gate: bool,
        seed: int | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        owner = type(self).__name__
        self.dropout = number(owner, "dropout", dropout, 0.0, 1.0)
        self.use_bias = bool(use_bias)
        self.sliding_window = None if sliding_window is None else integer(owner, "sliding_window", sliding_window)
        self.flash_attention = flash_attention
        self.use_gate = bool(use_gate)
        self.seed = seed
        self.supports_masking = True

    @property
    def _heads(self) -> tuple[int, int]:
        """How many of the query, how many of key and value."""
        raise NotImplementedError

    @property
    def _head_sizes(self) -> tuple[int, int]:
        """Of query and key, and of the value."""
        raise NotImplementedError

    def build(self, query_shape: Any, value_shape: Any, key_shape: Any = None) -> None:  # type: ignore[override]
        key_shape = value_shape if key_shape is None else key_shape
        self._check_shapes(query_shape, value_shape, key_shape)
        rank = len(query_shape)
        axes = range(1, rank - 1) if self.attention_axes is None else self.attention_axes
        self._axes = tuple(axis_in_range(type(self).__name__, axis, rank, "attention_axes") for axis in axes)
        if not set(self._axes) <= set(range(1, rank - 1)) or len(set(self._axes)) < len(self._axes):
            raise ValueError(
                explain(
                    f"{type(self).__name__} {self.name!r}: `attention_axes` cannot be attended over.",
                    f"different axes of {tuple(query_shape)} between the batch and the features",
                    f"attention_axes={self.attention_axes}",
                    "name the axes of time or space, or leave it out.",
                )
            )
        (heads, groups), (key_size, value_size) = self._heads, self._head_sizes
        self._query_dense = self._projection("query", query_shape, (heads, key_size))
        self._key_dense = self._projection("key", key_shape, (groups, key_size))
        if self.use_gate:
            self._gate_dense = self._projection("gate", query_shape, (heads, value_size), activation="sigmoid")
        self._value_dense = self._projection("value", value_shape, (groups, value_size))
        last = range(-len(self._axes), 0)
        self._softmax = Softmax(axis=tuple(last), dtype=self.dtype_policy)
        if self.dropout:
            self._dropout_layer = Dropout(self.dropout, seed=self.seed, dtype=self.dtype_policy)
        attended = (*query_shape[:-1], heads, value_size)
        self._output_dense = self._projection(
            "attention_output", attended, self._output_sizes or (query_shape[-1],), contracted=2
        )

    def _check_shapes(self, query: Any, value: Any, key: Any) -> None:
        ranks = {len(query), len(value), len(key)}
        if len(ranks) > 1 or len(query) < 3 or shapes_differ(value[1:-1], key[1:-1]):
            raise ValueError(
                explain(
                    f"{type(self).__name__} {self.name!r}: query, value and key do not fit.",
                    "query (batch, T, features), value (batch, S, features) and key (batch, S, features)",
                    f"query {tuple(query)}, value {tuple(value)}, key {tuple(key)}",
                    "give all of them the same rank, and key and value the same times.",
                )
            )

    def _projection(
        self, name: str, shape: Sequence[int | None], sizes: Sequence[int], contracted: int = 1, **options: Any
    ) -> EinsumDense:
        """A dense layer from the last axes of inputs of this shape, `contracted` of them, to axes of these sizes."""
        kept, rank = len(shape) - contracted, len(shape)
        letters = string.ascii_letters
        rows, summed, new = letters[:kept], letters[kept:rank], letters[rank : rank + len(sizes)]
        for weight in ("kernel", "bias"):
            initializer = getattr(self, f"{weight}_initializer")
            # A copy draws a seed of its own, so that the projections do not start equal.
            options[f"{weight}_initializer"] = initializer.clone() if hasattr(initializer, "clone") else initializer
            for kind in ("regularizer", "constraint"):
                options[f"{weight}_{kind}"] = getattr(self, f"{weight}_{kind}")
        dense = EinsumDense(
            f"{rows}{summed},{summed}{new}->{rows}{new}",
            (*[None] * (kept - 1), *sizes),
            bias_axes=new if self.use_bias else None,
            activity_regularizer=self.activity_regularizer,
            dtype=self.dtype_policy,
            name=name,
            **options,
        )
        dense.supports_masking = True  # masks are used here, so that it need not warn of them
        dense.build(tuple(shape))
        return dense

    def call(
        self,
        query: Any,
        value: Any,
        key: Any = None,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
    ) -> Any:
        key = value if key is None else key
        dropping = bool(training) and self.dropout > 0.0
        fused = query.ndim == 3 and not return_attention_scores and not dropping
        given = (
            (self._mask_of_queries, query_mask),
            (self._mask_of_keys, value_mask),
            (self._mask_of_keys, key_mask),
            (self._mask_of_pairs, attention_mask),
        )
        masks = [of_scores(mask) for of_scores, mask in given if mask is not None]
        if self.sliding_window is not None:
            masks.append(self._window(query, key))
        if use_causal_mask and not fused:
            masks.append(self._causality(query, key))
        mask = functools.reduce(ops.logical_and, masks) if masks else None
        heads = self._query_dense(query), self._key_dense(key), self._value_dense(value)
        outputs, scores = self._fused(*heads, mask, use_causal_mask) if fused else self._attend(*heads, mask, training)
        if self.use_gate:
            outputs = outputs * self._gate_dense(query)
        outputs = self._output_dense(outputs)
        return (outputs, scores) if return_attention_scores else outputs

    def _fused(self, query: Any, key: Any, value: Any, mask: Any, is_causal: bool) -> tuple[Any, None]:
        outputs = ops.dot_product_attention(
            query, key, value, mask=mask, is_causal=is_causal, flash_attention=self.flash_attention
        )
        if self.dropout and mask is not None:
            # Queries that may attend to nothing get zeros, as they did in training.
            mask = ops.logical_and(mask, self._causality(query, key)) if is_causal else mask
            some = ops.any(mask, axis=-1, keepdims=True)
            outputs = ops.where(ops.transpose(some, (0, 2, 1, 3)), outputs, 0.0)
        return outputs, None

    def _attend(self, query: Any, key: Any, value: Any, mask: Any, training: bool | None) -> tuple[Any, Any]:
        """The attended values, and the scores: (batch ..., heads, query axes ..., key axes ...)."""
        products, combination = self._equations(query.ndim)
        shared = query.shape[-2] // key.shape[-2]
        if shared > 1:
            key, value = ops.repeat(key, shared, axis=-2), ops.repeat(value, shared, axis=-2)
        scores = ops.einsum(products, query * self._head_sizes[0] ** -0.5, key)
        scores = self._softmax.call(scores, mask=mask)  # not as a layer: the scores carry no mask further
        weights = self._dropout_layer(scores, training=training) if self.dropout else scores
        return ops.einsum(combination, weights, value), scores

    def _equations(self, rank: int) -> tuple[str, str]:
        query, more = string.ascii_letters[:rank], string.ascii_letters[rank:]
        key = "".join(more[i] if i in self._axes else letter for i, letter in enumerate(query))
        apart = "".join(letter for i, letter in enumerate(query[:-1]) if i not in self._axes)
        scores = apart + "".join(letters[i] for letters in (query, key) for i in self._axes)
        return f"{query},{key}->{scores}", f"{scores},{key}->{query}"

    # Masks, with the axes of the scores.

    def _mask_of_queries(self, mask: Any) -> Any:
        mask, heads, count = self._attended_last(mask)
        return ops.expand_dims(mask, [heads, *range(heads + 1 + count, heads + 1 + 2 * count)])

    def _mask_of_keys(self, mask: Any) -> Any:
        mask, heads, count = self._attended_last(mask)
        return ops.expand_dims(mask, list(range(heads, heads + 1 + count)))

    def _attended_last(self, mask: Any) -> tuple[Any, int, int]:
        """A mask (batch, ...) with the attended axes last, the number of the others, and of these."""
        mask = ops.cast(ops.convert_to_tensor(mask), "bool")
        rank = self._query_dense.input_spec.ndim - 1
        if mask.ndim != rank:
            raise ValueError(
                explain(
                    f"{type(self).__name__} {self.name!r}: a mask of query, value or key does not fit.",
                    f"rank {rank}, that of the inputs without the features",
                    f"a mask of shape {mask.shape}",
                    "pass masks of pairs of query and key as `attention_mask`.",
                )
            )
        others = [i for i in range(mask.ndim) if i not in self._axes]
        return ops.transpose(mask, [*others, *self._axes]), len(others), len(self._axes)

    def _mask_of_pairs(self, mask: Any) -> Any:
        """A mask (batch, query axes ..., key axes ...); the batch may be missing, or the heads be there too."""
        mask = ops.cast(ops.convert_to_tensor(mask), "bool")
        count, rank = 2 * len(self._axes), self._query_dense.input_spec.ndim + len(self._axes)
        if not count <= mask.ndim <= rank:
            raise ValueError(
                explain(
                    f"{type(self).__name__} {self.name!r}: `attention_mask` does not fit.",
                    f"a mask of rank {count} to {rank}: (batch, query times, key times), or one that broadcasts to "
                    "the scores",
                    f"shape {mask.shape}",
                    "give it the times of query and key as its last axes.",
                )
            )
        return ops.expand_dims(mask, list(range(mask.ndim - count, rank - count)))

    def _causality(self, query: Any, key: Any) -> Any:
        return self._mask_of_pairs(ops.greater_equal(self._distances(query, key), 0))

    def _window(self, query: Any, key: Any) -> Any:
        return self._mask_of_pairs(ops.less(ops.absolute(self._distances(query, key)), self.sliding_window))

    def _distances(self, query: Any, key: Any) -> Any:
        if len(self._axes) > 1:
            raise ValueError(
                explain(
                    f"{type(self).__name__} {self.name!r}: several axes have no order.",
                    "one attention axis for a causal mask or a sliding window",
                    f"attention axes {self._axes}",
                    "pass an `attention_mask`.",
                )
            )
        return distances(query.dims[self._axes[0]], key.dims[self._axes[0]])
