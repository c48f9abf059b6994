"""Low-rank adaptation (LoRA): a frozen weight and two small ones that are trained in its place (Hu et al. 2021)."""

from __future__ import annotations

import copy
from contextlib import nullcontext
from typing import Any

from .. import _core, initializers, ops
from ..checks import explain, integer, number
from ..utils.naming import current_path, name_scope
from ..variables import Variable
from .layer import Layer
from .state import LayerState


class AdaptedWeight(Variable):
    """A view of a frozen weight W that reads as `W + scale * A @ B`. The layer computes with it as with any weight."""

    def __init__(self, weight: Variable, a: Variable, b: Variable, scale: float) -> None:
        self.__dict__.update(weight.__dict__)  # its name and shape; what is assigned goes to W
        self._parts = (weight, a, b, scale)

    @property
    def _stored(self) -> Any:
        weight, a, b, scale = self._parts
        change = _core.ops.linear(a._stored, b._stored) * scale
        return weight._stored + ops.cast(change, weight.dtype)

    def __deepcopy__(self, memo: dict[int, Any]) -> AdaptedWeight:
        return AdaptedWeight(*copy.deepcopy(self._parts, memo))


class LoraLayer(Layer):
    """A layer whose weight of the name `lora_weight` can be adapted, by `enable_lora` or from the start by `lora_rank`.

    The adapted weight stands in the attribute of that name, the frozen one beside it with an underscore in front.
    """

    lora_weight = "kernel"
    lora_enabled = False

    def __init__(
        self, *args: Any, lora_rank: int | None = None, lora_alpha: float | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        owner = type(self).__name__
        self.lora_rank = None if lora_rank is None else integer(owner, "lora_rank", lora_rank)
        self.lora_alpha = self.lora_rank if lora_alpha is None else number(owner, "lora_alpha", lora_alpha)

    @property
    def trainable(self) -> bool:
        """Whether training changes the weights. An adapted weight stays frozen."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        LayerState.trainable.fset(self, value)  # type: ignore[attr-defined]
        if self.lora_enabled:
            getattr(self, f"_{self.lora_weight}").trainable = False

    def _after_build(self) -> None:
        if self.lora_rank is not None and not self.lora_enabled:
            self.enable_lora(self.lora_rank, self.lora_alpha)

    def enable_lora(
        self,
        rank: int,
        lora_alpha: float | None = None,
        a_initializer: Any = "he_uniform",
        b_initializer: Any = "zeros",
    ) -> None:
        """From now on the layer trains A (..., rank) and B (rank, ...) instead of its weight W.

        It computes with `W + lora_alpha / rank * A @ B`; `lora_alpha` is `rank` by default. A compiled model has to be
        compiled again. ValueError before the layer is built, the second time, and if W has a constraint.

        >>> import lamina
        >>> layer = lamina.layers.Dense(4)
        >>> layer.build((None, 3))
        >>> layer.enable_lora(2)
        >>> [weight.name for weight in layer.trainable_weights]
        ['bias', 'lora_kernel_a', 'lora_kernel_b']
        """
        owner, name = type(self).__name__, self.lora_weight
        rank = integer(owner, "rank", rank)
        alpha = rank if lora_alpha is None else number(owner, "lora_alpha", lora_alpha)
        starts = {"a": initializers.get(a_initializer), "b": initializers.get(b_initializer)}
        self._check_adaptable()
        weight, regularizer = getattr(self, name), getattr(self, f"{name}_regularizer")
        shapes = {"a": (*weight.shape[:-1], rank), "b": (rank, weight.shape[-1])}
        scope = nullcontext() if current_path() == self._path else name_scope(str(self._path))
        with scope, self._taking_weights():
            a, b = (
                self.add_weight(shapes[part], start, "float32", regularizer=regularizer, name=f"lora_{name}_{part}")
                for part, start in starts.items()
            )
        setattr(self, f"lora_{name}_a", a)
        setattr(self, f"lora_{name}_b", b)
        setattr(self, f"_{name}", weight)
        weight.trainable = False
        # Not by setattr: the view is no weight of the layer.
        self._tracked.pop(name, None)
        self.__dict__[name] = AdaptedWeight(weight, a, b, alpha / rank)
        self.lora_enabled, self.lora_rank, self.lora_alpha = True, rank, alpha

    def _check_adaptable(self) -> None:
        def wrong(what: str, expected: str, received: str, fix: str) -> ValueError:
            return ValueError(explain(f"{type(self).__name__} {self.name!r}: {what}", expected, received, fix))

        constraint = f"{self.lora_weight}_constraint"
        if getattr(self, constraint) is not None:
            raise wrong(
                "a weight with a constraint cannot be adapted.",
                f"{constraint}=None",
                f"{constraint}={getattr(self, constraint)!r}",
                f"leave out `{constraint}` or LoRA.",
            )
        if self.lora_enabled:
            raise wrong("LoRA is enabled already.", "one call of `enable_lora`", "a second one", "leave it out.")
        self._needs_weights("be adapted")

    def _variables_in_files(self) -> list[Variable]:
        own = super()._variables_in_files()
        if not self.lora_enabled:
            return own
        adapted: AdaptedWeight = getattr(self, self.lora_weight)
        weight, a, b, _ = adapted._parts
        return [adapted if v is weight else v for v in own if v is not a and v is not b]

    def load_own_variables(self, store: Any) -> None:
        super().load_own_variables(store)
        if self.lora_enabled:  # the change is part of what was loaded; A keeps its values, so that training can go on
            change = getattr(self, f"lora_{self.lora_weight}_b")
            change.assign(ops.zeros_like(change))

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        for name in ("lora_rank", "lora_alpha"):
            config.pop(name, None)
            if self.lora_rank is not None:
                config[name] = getattr(self, name)
        return config
