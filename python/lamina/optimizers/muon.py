"""Muon."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from .. import ops
from ..checks import explain, integer, number
from .arguments import common_arguments
from .optimizer import Optimizer


@common_arguments
class Muon(Optimizer):
    """Steps of matrices along the nearest orthogonal matrix of their momentum (Jordan 2024); AdamW for other weights.

    Matrices step by `rms_rate` sqrt(the longer side) times the momentum after `ns_steps` Newton-Schulz iterations
    x = a x + (b x x' + c (x x')^2) x with `muon_a`, `muon_b`, `muon_c`; None as `rms_rate` leaves the first factors
    out (Liu et al. 2025). AdamW serves weights that are no matrices, embeddings (unless `exclude_embeddings` is
    False), and those in whose path one of the regular expressions `exclude_layers` is found: name the output layer
    there. `weight_decay` is that of the matrices, `adam_weight_decay` that of the others.

    >>> import lamina
    >>> lamina.optimizers.Muon(0.01, exclude_layers=["output"]).momentum
    0.95
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        adam_beta_1: float = 0.9,
        adam_beta_2: float = 0.999,
        adam_weight_decay: float | None = 0.004,
        epsilon: float = 1e-7,
        weight_decay: float | None = 0.004,
        *,
        exclude_layers: Sequence[str] | None = None,
        exclude_embeddings: bool = True,
        muon_a: float = 3.4445,
        muon_b: float = -4.7750,
        muon_c: float = 2.0315,
        adam_lr_ratio: float = 1,
        momentum: float = 0.95,
        ns_steps: int = 5,
        nesterov: bool = True,
        rms_rate: float | None = 0.2,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, weight_decay, **kwargs)
        self.adam_beta_1 = number("Muon", "adam_beta_1", adam_beta_1, 0.0, 1.0)
        self.adam_beta_2 = number("Muon", "adam_beta_2", adam_beta_2, 0.0, 1.0)
        self.adam_weight_decay = (
            None if adam_weight_decay is None else number("Muon", "adam_weight_decay", adam_weight_decay)
        )
        self.epsilon = number("Muon", "epsilon", epsilon, low=0.0)
        self.exclude_layers = list(exclude_layers or ())
        self.exclude_embeddings = bool(exclude_embeddings)
        self.muon_a, self.muon_b, self.muon_c = (
            number("Muon", f"muon_{letter}", value) for letter, value in zip("abc", (muon_a, muon_b, muon_c))
        )
        self.adam_lr_ratio = number("Muon", "adam_lr_ratio", adam_lr_ratio)
        self.momentum = number("Muon", "momentum", momentum, 0.0, 1.0)
        self.ns_steps = integer("Muon", "ns_steps", ns_steps, 0)
        self.nesterov = bool(nesterov)
        self.rms_rate = None if rms_rate is None else number("Muon", "rms_rate", rms_rate)

    def _is_for_adam(self, variable: Any) -> bool:
        return (
            len(variable.shape) != 2
            or (self.exclude_embeddings and "embedding" in variable.path.lower())
            or any(re.search(keyword, variable.path) for keyword in self.exclude_layers)
        )

    def build(self, variables: Sequence[Any]) -> None:
        if self.built:
            return
        super().build(variables)
        self._slots["momentum"], self._slots["velocity"] = [], []
        for variable in self._trainable_variables:
            plain = not variable.overwrite_with_gradient
            for name, wanted in (("momentum", plain), ("velocity", plain and self._is_for_adam(variable))):
                self._slots[name].append(self.add_variable_from_reference(variable, name) if wanted else None)

    def _decay_of(self, variable: Any) -> float | None:
        return self.adam_weight_decay if self._is_for_adam(variable) else self.weight_decay

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        momentum, velocity = (self.slot(name, variable) for name in ("momentum", "velocity"))
        if velocity is not None:
            self._adam_step(gradient, variable, learning_rate * self.adam_lr_ratio, momentum, velocity)
            return
        m = momentum.value * self.momentum + gradient
        self.assign(momentum, m)
        ahead = m * self.momentum + gradient if self.nesterov else m
        self.assign_sub(
            variable, self.lr_adjust(learning_rate * self.zeropower_via_newtonschulz5(ahead, self.ns_steps))
        )

    def _adam_step(self, gradient: Any, variable: Any, learning_rate: Any, momentum: Any, velocity: Any) -> None:
        m = momentum.value + (gradient - momentum.value) * (1.0 - self.adam_beta_1)
        v = velocity.value + (ops.square(gradient) - velocity.value) * (1.0 - self.adam_beta_2)
        self.assign(momentum, m)
        self.assign(velocity, v)
        correction = ops.sqrt(self._bias(self.adam_beta_2, "float64")) / self._bias(self.adam_beta_1, "float64")
        alpha = learning_rate * ops.cast(correction, variable.dtype)
        self.assign_sub(variable, m * alpha / (ops.sqrt(v) + self.epsilon))

    def lr_adjust(self, x: Any) -> Any:
        """The step of a matrix, made longer with its longer side."""
        return x if self.rms_rate is None else x * (math.sqrt(max(x.shape)) * self.rms_rate)

    def transpose_last_axis(self, X: Any) -> Any:
        """With the last two axes exchanged."""
        return ops.swapaxes(X, -2, -1)

    def zeropower_via_newtonschulz5(self, x: Any, steps: int) -> Any:
        """Matrices with the singular vectors of `x` and singular values near 1. ValueError for vectors."""
        if len(x.shape) < 2:
            raise ValueError(
                explain(
                    "Muon: only matrices can be made orthogonal.",
                    "a rank of 2 or more",
                    f"shape {tuple(x.shape)}",
                    "leave vectors to AdamW, as `update_step` does.",
                )
            )
        tall = x.shape[-2] > x.shape[-1]
        if tall:
            x = self.transpose_last_axis(x)
        x = x / (ops.sqrt(ops.sum(ops.square(x), axis=(-2, -1), keepdims=True)) + 1e-7)
        for _ in range(steps):
            square = ops.matmul(x, self.transpose_last_axis(x))
            x = x * self.muon_a + ops.matmul(square * self.muon_b + ops.matmul(square, square) * self.muon_c, x)
        return self.transpose_last_axis(x) if tall else x
