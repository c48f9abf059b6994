"""Embedding, and ReversibleEmbedding, which also goes back from vectors to scores of all rows."""

from __future__ import annotations

from typing import Any

from .. import _core, ops
from ..checks import explain, integer, number
from ..config import standardize_dtype
from .layer import Layer
from .quantized import QuantizableLayer
from .weights import add_weight, weight_arguments


class Embedding(QuantizableLayer):
    """Rows of a table by number: input integers of any shape, output (..., output_dim).

    The numbers have to be in [0, input_dim), or negative to count from the end; others raise an error when they are
    looked up. With `mask_zero` the number 0 means padding: later layers leave these steps out. `weights` (an array, or
    a list of one) sets the table at once. `lora_rank` trains a low-rank change of the table (see `enable_lora`).

    >>> import numpy as np, lamina
    >>> lamina.layers.Embedding(10, 4)(np.array([[1, 2, 0]])).shape
    (1, 3, 4)
    """

    _config_omit_defaults = ("activity_regularizer", "quantization_config")
    _config_ignored = tuple(name for name in Layer._config_ignored if name != "input_dim")  # here it is not a shape
    lora_weight = "embeddings"
    embeddings_initializer: Any

    @weight_arguments(embeddings="uniform")
    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        *,
        mask_zero: bool = False,
        weights: Any = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        quantization_config: Any = None,
        **kwargs: Any,
    ) -> None:
        # Keras 2 took the length of the sequences here; a Sequential model still learns its input shape from it.
        input_length = kwargs.pop("input_length", None)
        if input_length is not None and not {"input_shape", "batch_input_shape", "input_dim"} & set(kwargs):
            kwargs["input_shape"] = tuple(input_length) if isinstance(input_length, (list, tuple)) else (input_length,)
        super().__init__(lora_rank=lora_rank, lora_alpha=lora_alpha, quantization_config=quantization_config, **kwargs)
        owner = type(self).__name__
        self.input_dim = integer(owner, "input_dim", input_dim)
        self.output_dim = integer(owner, "output_dim", output_dim)
        self.mask_zero = bool(mask_zero)
        self.supports_masking = self.mask_zero
        self.autocast = False  # the inputs are numbers of rows, not values
        self.embeddings: Any = None
        if weights is not None:
            self._start_from(list(weights) if isinstance(weights, (list, tuple)) and len(weights) == 1 else [weights])

    def _start_from(self, weights: list[Any]) -> None:
        rank, self.lora_rank = self.lora_rank, None  # the table comes first, its change of low rank afterwards
        self.build()
        self.set_weights(weights)
        self.lora_rank = rank
        self._after_build()

    def build(self, input_shape: Any = None) -> None:
        if self.embeddings is None:
            self.embeddings = add_weight(self, "embeddings", (self.input_dim, self.output_dim))

    def _weight_axes(self) -> tuple[int, ...]:
        return (1,)

    def call(self, inputs: Any) -> Any:
        if inputs.dtype not in ("int32", "int64"):
            inputs = ops.cast(inputs, "int32")
        return ops.cast(_core.ops.take(self.embeddings.value, inputs, axis=0), self.compute_dtype)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return ops.not_equal(inputs, 0) if self.mask_zero else None

    def _set_masks(self, inputs: Any, outputs: Any, previous_mask: Any) -> None:
        if hasattr(inputs, "_was_ragged") and not self.mask_zero:
            outputs._keras_mask = previous_mask  # the other layers have to know what are rows
        else:
            super()._set_masks(inputs, outputs, previous_mask)


class ReversibleEmbedding(Embedding):
    """An Embedding that can also be called with `reverse=True`: vectors (..., output_dim) to scores (..., input_dim).

    The scores are products with the rows of the table, or, without `tie_weights`, with a matrix of its own
    (Press and Wolf 2017). They are computed in `reverse_dtype`, if given, and with `logit_soft_cap` they become
    `tanh(scores / cap) * cap`, which keeps them between -cap and cap.

    >>> import numpy as np, lamina
    >>> layer = lamina.layers.ReversibleEmbedding(10, 4)
    >>> vectors = layer(np.array([[1, 2, 0]]))
    >>> vectors.shape, layer(vectors, reverse=True).shape
    ((1, 3, 4), (1, 3, 10))
    """

    @weight_arguments(embeddings="uniform")
    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        tie_weights: bool = True,
        *,
        mask_zero: bool = False,
        reverse_dtype: str | None = None,
        logit_soft_cap: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(input_dim, output_dim, mask_zero=mask_zero, **kwargs)
        self.tie_weights = bool(tie_weights)
        self.reverse_dtype = None if reverse_dtype is None else standardize_dtype(reverse_dtype)
        self.logit_soft_cap = self._checked_cap(logit_soft_cap)
        self.reverse_embeddings: Any = None

    def _checked_cap(self, cap: Any) -> float | None:
        if cap is None or number("ReversibleEmbedding", "logit_soft_cap", cap) > 0.0:
            return None if cap is None else float(cap)
        raise ValueError(
            explain(
                "ReversibleEmbedding: `logit_soft_cap` is out of range.",
                "a positive number, or None",
                f"logit_soft_cap={cap!r}",
                "pass the largest score that may come out.",
            )
        )

    def build(self, input_shape: Any = None) -> None:
        super().build(input_shape)
        if not self.tie_weights and self.reverse_embeddings is None:
            self.reverse_embeddings = self.add_weight(
                (self.output_dim, self.input_dim), self.embeddings_initializer, name="reverse_embeddings"
            )

    def call(self, inputs: Any, reverse: bool = False) -> Any:
        if not reverse:
            outputs = super().call(inputs)
            if self.mask_zero:
                outputs._keras_mask = ops.not_equal(inputs, 0)
            return outputs
        matrix = ops.transpose(self.embeddings.value) if self.tie_weights else self.reverse_embeddings.value
        if self.reverse_dtype is not None:
            inputs, matrix = ops.cast(inputs, self.reverse_dtype), ops.cast(matrix, self.reverse_dtype)
        scores = ops.matmul(inputs, matrix)
        cap = self.logit_soft_cap
        return scores if cap is None else ops.tanh(scores / cap) * cap

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return None  # `call` sets the mask: only it knows the direction
