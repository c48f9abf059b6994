"""One step of an optimizer: clipping, decay, accumulation and averages around the update rule, all made of ops."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from .. import ops
from ..checks import explain
from ..scopes import run_stateless
from ..variables import Variable
from .state import OptimizerState


class OptimizerStep(OptimizerState):
    """What happens when gradients come, by the settings that `Optimizer` takes."""

    weight_decay: float | None
    clipnorm: float | None
    clipvalue: float | None
    global_clipnorm: float | None
    ema_momentum: float
    ema_overwrite_frequency: int | None
    loss_scale_factor: Any
    learning_rate: Any
    iterations: Any
    _iterations: Variable
    _not_decayed: set[int]
    _not_decayed_names: re.Pattern[str] | None
    _shared: dict[str, Any] | None
    _gate: Any

    def assign(self, variable: Any, value: Any) -> None:
        """Sets a variable in `update_step`. Only this road respects gradient accumulation."""
        if self._gate is not None:
            value = ops.where(self._gate, value, variable.value)
        variable.assign(value)

    def assign_add(self, variable: Any, value: Any) -> None:
        self.assign(variable, variable.value + value)

    def assign_sub(self, variable: Any, value: Any) -> None:
        self.assign(variable, variable.value - value)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Changes `variable` and its slots, by `assign`, for one gradient."""
        raise NotImplementedError(
            explain(
                f"The optimizer {type(self).__name__} cannot be used.",
                "a method `update_step(self, gradient, variable, learning_rate)`",
                "none in the class",
                "write it; it calls `self.assign(variable, new_value)`.",
            )
        )

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Any]]) -> Any:
        """`apply` for (gradient, variable) pairs."""
        pairs = list(grads_and_vars)
        self.apply([g for g, _ in pairs], [v for _, v in pairs])
        return self._iterations

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None) -> None:
        """One update. Without `trainable_variables` the gradients belong to those the optimizer was built with."""
        gradients = list(grads)
        if not gradients:
            return
        variables = self._resolve(gradients, trainable_variables)
        pairs = [(g, v) for g, v in zip(gradients, variables) if g is not None]
        if len(pairs) < len(variables):
            missing = [v.path for g, v in zip(gradients, variables) if g is None]
            if not pairs:
                raise ValueError(
                    explain(
                        f"{type(self).__name__}: no weight has a gradient.",
                        "a loss that depends on the weights",
                        f"no gradient for {', '.join(missing)}",
                        "check that the loss is computed from the model's output.",
                    )
                )
            warnings.warn(f"No gradient reaches {', '.join(missing)}: these weights stay as they are.", stacklevel=2)
        pairs = [(ops.convert_to_tensor(g, dtype=v.dtype), v) for g, v in pairs]
        for g, v in pairs:
            if g.shape != v.shape and None not in g.shape:
                raise ValueError(
                    explain(
                        f"{type(self).__name__}: the gradient of {v.path!r} does not fit.",
                        f"shape {v.shape}",
                        f"shape {g.shape}",
                        "pass the gradients in the order of the variables.",
                    )
                )
        if self.gradient_accumulation_steps:
            self._gate = ops.equal(ops.mod(self._iterations.value + 1, self.gradient_accumulation_steps), 0)
        try:
            self._overwrite([(g, v) for g, v in pairs if v.overwrite_with_gradient])
            self._update([(g, v) for g, v in pairs if not v.overwrite_with_gradient])
        finally:
            self._gate = None
        self._iterations.assign_add(1)

    def stateless_apply(
        self, optimizer_variables: Sequence[Any], grads: Sequence[Any], trainable_variables: Sequence[Any]
    ) -> tuple[list[Any], list[Any]]:
        """`apply` from these values of the weights and of `variables`; gives their new values and changes nothing.

        ValueError before `build`, and for another number of values.
        """
        if not self.built:
            raise ValueError(
                explain(
                    f"{type(self).__name__}: it is not known which weights the values belong to.",
                    "an optimizer that was built",
                    "one that was not",
                    "call `optimizer.build(model.trainable_variables)` first.",
                )
            )
        groups = [
            ("trainable_variables", self._trainable_variables, trainable_variables),
            ("optimizer_variables", self.variables, optimizer_variables),
        ]
        _, (weights, own) = run_stateless(f"{type(self).__name__}.stateless_apply", groups, lambda: self.apply(grads))
        return weights, own

    def _resolve(self, gradients: list[Any], trainable_variables: Sequence[Any] | None) -> list[Any]:
        owner = type(self).__name__
        if trainable_variables is None:
            if not self.built or len(gradients) != len(self._trainable_variables):
                raise ValueError(
                    explain(
                        f"{owner}: it is not clear which weights these gradients belong to.",
                        f"one gradient for each of the {len(self._trainable_variables)} variables it was built with",
                        f"{len(gradients)} gradients",
                        "pass the variables as `trainable_variables`, or call `build(variables)` first.",
                    )
                )
            return self._trainable_variables
        variables = list(trainable_variables)
        if len(variables) != len(gradients):
            raise ValueError(
                explain(
                    f"{owner}: gradients and variables do not pair up.",
                    f"{len(variables)} gradients",
                    f"{len(gradients)}",
                    "pass one gradient (or None) for each variable.",
                )
            )
        if not self.built:
            self.build(variables)
        for variable in variables:
            if id(variable) not in self._index:
                raise ValueError(
                    explain(
                        f"{owner}: there are no slots for the variable {variable.path!r}.",
                        "the variables the optimizer was built with",
                        f"a variable of shape {tuple(variable.shape)} it does not know",
                        "make a new optimizer for a new set of weights (compile the model again).",
                    )
                )
        return variables

    def _step(self, gradients: list[Any], variables: list[Any]) -> None:
        gradients = self._clip(gradients)
        rate = ops.convert_to_tensor(self.learning_rate)
        for variable in variables:
            decay = self._decay_of(variable)
            if decay and self._is_decayed(variable):
                self.assign(variable, variable.value * (1.0 - ops.cast(rate, variable.dtype) * decay))
        self._shared = {}
        try:
            for gradient, variable in zip(gradients, variables):
                self.update_step(gradient, variable, ops.cast(rate, variable.dtype))
        finally:
            self._shared = None

    def _once(self, name: str, compute: Callable[[], Any]) -> Any:
        """A value that is the same for all weights of a step, computed for the first of them."""
        if self._shared is None:
            return compute()
        if name not in self._shared:
            self._shared[name] = compute()
        return self._shared[name]

    def _update(self, pairs: list[tuple[Any, Any]]) -> None:
        """The weights that follow their gradients; the averages and constraints of them."""
        if not pairs:
            return
        gradients, variables = [g for g, _ in pairs], [v for _, v in pairs]
        if self.loss_scale_factor is not None:
            gradients = [g * (1.0 / self.loss_scale_factor) for g in gradients]
        if self.gradient_accumulation_steps is None:
            self._step(gradients, variables)
        else:
            sums = [g + self.slot("gradient_accumulator", v).value for g, v in zip(gradients, variables)]
            self._step([total * (1.0 / self.gradient_accumulation_steps) for total in sums], variables)
            for total, variable in zip(sums, variables):
                kept = ops.where(self._gate, ops.zeros_like(total), total)
                self.slot("gradient_accumulator", variable).assign(kept)
        if self.use_ema:
            self._average()
        for variable in variables:
            if variable.constraint is not None:
                variable.assign(variable.constraint(variable.value))

    def _overwrite(self, pairs: list[tuple[Any, Any]]) -> None:
        """The variables whose "gradient" is their new value; of accumulated ones the largest counts."""
        for value, variable in pairs:
            if self.gradient_accumulation_steps:
                largest = self.slot("gradient_accumulator", variable)
                value = ops.maximum(value, largest.value)
                largest.assign(ops.where(self._gate, ops.zeros_like(value), value))
            self.assign(variable, value)

    def _step_number(self) -> Any:
        """The number of this update, from 1, in float64: powers of it keep their digits."""
        return self._once("step", lambda: ops.cast(_value(self.iterations), "float64") + 1.0)

    def _bias(self, beta: float, dtype: Any) -> Any:
        """1 - beta^t, what a running mean that began at zero has come to after t steps."""
        return self._once(f"bias {beta} {dtype}", lambda: ops.cast(1.0 - ops.power(beta, self._step_number()), dtype))

    def _clip(self, gradients: list[Any]) -> list[Any]:
        if self.clipvalue:
            return [ops.clip(g, -self.clipvalue, self.clipvalue) for g in gradients]
        if self.clipnorm:
            norms = [ops.sqrt(ops.sum(ops.square(g))) for g in gradients]
            return [g * (self.clipnorm / ops.maximum(n, self.clipnorm)) for g, n in zip(gradients, norms)]
        if self.global_clipnorm:
            total: Any = 0.0
            for g in gradients:
                total = ops.cast(ops.sum(ops.square(g)), gradients[0].dtype) + total
            norm = ops.sqrt(total)
            # The difference is 0, or NaN when a gradient is infinite: then all of them are.
            scale = self.global_clipnorm / ops.maximum(norm, self.global_clipnorm) + (norm - norm)
            return [g * ops.cast(scale, g.dtype) for g in gradients]
        return gradients

    def _average(self) -> None:
        steps = _value(self.iterations)
        for variable in self._trainable_variables:
            average = self.slot("average", variable)
            if average is None:
                continue
            # The first step copies the weights: its momentum is 0.
            momentum = ops.cast(ops.not_equal(steps, 0), variable.dtype) * self.ema_momentum
            average.assign(momentum * average.value + (1.0 - momentum) * variable.value)
            if self.ema_overwrite_frequency:
                due = ops.equal(ops.mod(steps + 1, self.ema_overwrite_frequency), 0)
                variable.assign(ops.where(due, average.value, variable.value))

    def finalize_variable_values(self, var_list: Sequence[Any]) -> None:
        """Puts the averages in place of the weights, at the end of training with `use_ema`."""
        if not self.use_ema or not self.built:
            return
        for variable in var_list:
            average = self.slot("average", variable) if id(variable) in self._index else None
            if average is not None:
                variable.assign(average.value)

    def exclude_from_weight_decay(
        self, var_list: Sequence[Any] | None = None, var_names: Sequence[str] | None = None
    ) -> None:
        """No weight decay for these variables, nor for those in whose name one of the regular expressions is found.

        The last call counts. ValueError once the optimizer is built.
        """
        if self.built:
            raise ValueError(
                explain(
                    f"{type(self).__name__}: weight decay is settled already.",
                    "a call before the optimizer is built",
                    "a call after it",
                    "call `exclude_from_weight_decay` before training.",
                )
            )
        self._not_decayed = {id(variable) for variable in var_list or ()}
        names = "|".join(var_names or ())
        try:
            self._not_decayed_names = re.compile(names) if names else None
        except re.error as error:
            raise ValueError(
                explain(
                    f"{type(self).__name__}: `var_names` cannot be read ({error}).",
                    "names or regular expressions",
                    repr(var_names),
                    "use e.g. var_names=['bias'].",
                )
            ) from None

    def _is_decayed(self, variable: Any) -> bool:
        named = self._not_decayed_names
        return id(variable) not in self._not_decayed and (named is None or not named.search(variable.name))

    def _decay_of(self, variable: Any) -> float | None:
        """The decay of a weight that has one."""
        return self.weight_decay

    def scale_loss(self, loss: Any) -> Any:
        """The loss times `loss_scale_factor`."""
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor


def _value(variable: Any) -> Any:
    return variable.value if isinstance(variable, Variable) else variable
