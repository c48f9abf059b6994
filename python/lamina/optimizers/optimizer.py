"""`Optimizer`: slots, clipping, weight decay, averages and accumulation around one update rule, all made of ops."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import numpy as np

from .. import config, initializers, ops
from ..checks import explain, is_integer, number
from ..saving.serialization import Configurable
from ..scopes import run_stateless
from ..utils.naming import auto_name
from ..variables import Variable
from .schedules.schedule import LearningRateSchedule

C = TypeVar("C", bound=type)


class Optimizer(Configurable):
    """Base of all optimizers: name the slots per weight in `slots` and implement `update_step`.

    `learning_rate`: a float, a `LearningRateSchedule`, or a function without arguments. `weight_decay` w takes w *
    learning_rate of each weight off before its update. One of `clipnorm` (per gradient), `clipvalue`, `global_clipnorm`
    (all gradients together) may be set. `use_ema` keeps a moving average of the weights, which replaces them every
    `ema_overwrite_frequency` steps and at the end of `fit`. `gradient_accumulation_steps` n updates with the mean of n
    gradients every n steps. `loss_scale_factor` divides the gradients of a loss that was multiplied by it.

    >>> import lamina
    >>> class SignDescent(lamina.optimizers.Optimizer):
    ...     def update_step(self, gradient, variable, learning_rate):
    ...         self.assign_sub(variable, learning_rate * lamina.ops.sign(gradient))
    """

    slots: tuple[str, ...] = ()  # names of the variables kept for each weight

    def __init__(
        self,
        learning_rate: Any,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        owner = type(self).__name__
        if kwargs.pop("decay", None) is not None:
            warnings.warn(f"{owner}: `decay` is ignored; pass a schedule as `learning_rate`.", stacklevel=3)
        if kwargs:
            raise ValueError(
                explain(
                    f"{owner}: unknown arguments.",
                    "the arguments of the constructor",
                    ", ".join(sorted(kwargs)),
                    "check the spelling.",
                )
            )
        self.name = name or auto_name(owner)
        self.weight_decay = None if weight_decay is None else number(owner, "weight_decay", weight_decay)
        self.clipnorm = None if clipnorm is None else number(owner, "clipnorm", clipnorm, low=0.0)
        self.clipvalue = None if clipvalue is None else number(owner, "clipvalue", clipvalue, low=0.0)
        self.global_clipnorm = (
            None if global_clipnorm is None else number(owner, "global_clipnorm", global_clipnorm, low=0.0)
        )
        if sum(limit is not None for limit in (clipnorm, clipvalue, global_clipnorm)) > 1:
            raise ValueError(
                explain(
                    f"{owner}: several ways to clip gradients are set.",
                    "at most one of `clipnorm`, `clipvalue` and `global_clipnorm`",
                    f"clipnorm={clipnorm}, clipvalue={clipvalue}, global_clipnorm={global_clipnorm}",
                    "keep one of them.",
                )
            )
        self.use_ema = bool(use_ema)
        self.ema_momentum = number(owner, "ema_momentum", ema_momentum, 0.0, 1.0) if use_ema else ema_momentum
        self.ema_overwrite_frequency = _count(owner, "ema_overwrite_frequency", ema_overwrite_frequency, 1)
        self.loss_scale_factor = loss_scale_factor
        self.gradient_accumulation_steps = _count(owner, "gradient_accumulation_steps", gradient_accumulation_steps, 2)

        self.built = False
        self._variables: list[Variable] = []
        self._trainable_variables: list[Variable] = []
        self._index: dict[int, int] = {}
        self._slots: dict[str, list[Variable]] = {}
        self._not_decayed: set[int] = set()
        self._not_decayed_names: list[str] = []
        self._shared: dict[str, Any] | None = None  # what all weights share during one step, such as Adam's step size
        self._gate: Any = None  # while gradients accumulate: whether this step's assignments count
        self._iterations = self._own_variable("iterations", np.zeros((), "int64"))
        if isinstance(learning_rate, LearningRateSchedule) or (
            callable(learning_rate) and not isinstance(learning_rate, (Variable, np.generic))
        ):
            self._learning_rate: Any = learning_rate
        elif isinstance(learning_rate, (float, np.floating)):
            value = np.asarray(number(owner, "learning_rate", learning_rate), dtype=config.floatx())
            self._learning_rate = self._own_variable("learning_rate", value)
        else:
            raise ValueError(
                explain(
                    f"{owner}: `learning_rate` cannot be used.",
                    "a float, a LearningRateSchedule, or a function without arguments",
                    f"learning_rate={learning_rate!r}",
                    "write the number as a float, such as 0.01 or 1.0.",
                )
            )

    # ---- variables

    def _own_variable(self, name: str, value: np.ndarray) -> Variable:
        variable = Variable(value, dtype=str(value.dtype), trainable=False, name=name)
        variable.path = f"{self.name}/{name}"
        self._variables.append(variable)
        return variable

    def add_variable(
        self, shape: Any, initializer: Any = "zeros", dtype: Any = None, name: str | None = None
    ) -> Variable:
        """A variable of the optimizer's own state."""
        initializer = initializers.get(initializer)
        name = name or f"variable_{len(self._variables)}"
        variable = Variable(initializer, tuple(shape), dtype, trainable=False, name=name)
        variable.path = f"{self.name}/{name}"
        self._variables.append(variable)
        return variable

    def add_variable_from_reference(
        self, reference_variable: Any, name: str | None = None, initializer: Any = "zeros"
    ) -> Variable:
        """A variable of the shape and dtype of `reference_variable`, called '<name>/<path of the reference>'."""
        variable = self.add_variable(reference_variable.shape, initializer, reference_variable.dtype)
        base = f"{name or 'var'}/{reference_variable.path}"
        taken = {other.name for other in self._variables}
        unique, number_ = base, 1
        while unique in taken:
            unique, number_ = f"{base}_{number_}", number_ + 1
        variable.name = unique
        variable.path = f"{self.name}/{unique}"
        variable.reference = reference_variable
        return variable

    def add_optimizer_variables(
        self, trainable_variables: Sequence[Any], name: str | Sequence[str], initializer: Any = "zeros"
    ) -> Any:
        """One new variable for each given one; for a list of names a tuple of such lists, made weight by weight."""
        names = [name] if isinstance(name, str) else list(name)
        begins = list(initializer) if isinstance(initializer, (list, tuple)) else [initializer] * len(names)
        made: tuple[list[Variable], ...] = tuple([] for _ in names)
        for variable in trainable_variables:
            for slot, slot_name, begin in zip(made, names, begins):
                slot.append(self.add_variable_from_reference(variable, slot_name, begin))
        return made[0] if isinstance(name, str) else made

    def build(self, variables: Sequence[Any]) -> None:
        """Makes the slots for these trainable variables, once. `fit` and `apply` call it."""
        if self.built:
            return
        variables = list(variables)
        if self.use_ema:
            self._slots["average"] = self.add_optimizer_variables(variables, "average")
        if self.gradient_accumulation_steps:
            self._slots["accumulator"] = self.add_optimizer_variables(variables, "gradient_accumulator")
        self._trainable_variables = variables
        self._index = {id(variable): i for i, variable in enumerate(variables)}
        names = self.active_slots()
        self._slots.update(zip(names, self.add_optimizer_variables(variables, names)))
        self.built = True

    def active_slots(self) -> tuple[str, ...]:
        """The slots that the present settings need."""
        return self.slots

    def slot(self, name: str, variable: Any) -> Variable:
        """The slot `name` of a weight."""
        return self._slots[name][self._index[id(variable)]]

    @property
    def variables(self) -> list[Variable]:
        """Iterations, the learning rate if it is a number, then averages, accumulators and slots."""
        return list(self._variables)

    @property
    def iterations(self) -> Any:
        """How many updates were made."""
        if self.gradient_accumulation_steps:
            return ops.floor_divide(self._iterations.value, self.gradient_accumulation_steps)
        return self._iterations

    @property
    def learning_rate(self) -> Any:
        """The present learning rate: a variable if it was given as a number. Settable then, also during training."""
        if isinstance(self._learning_rate, LearningRateSchedule):
            return self._learning_rate(self._iterations.value)
        if isinstance(self._learning_rate, Variable):
            return self._learning_rate
        return ops.convert_to_tensor(self._learning_rate(), dtype=config.floatx())

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        number_given = isinstance(self._learning_rate, Variable)
        if callable(value) and not isinstance(value, (Variable, np.generic)):
            if number_given:
                self._variables = [v for v in self._variables if v is not self._learning_rate]
            self._learning_rate = value
        elif number_given:
            self._learning_rate.assign(value)
        else:
            raise TypeError(
                explain(
                    f"{type(self).__name__}: the learning rate cannot be set.",
                    "an optimizer made with a float as `learning_rate`",
                    f"one made with {self._learning_rate!r}",
                    "make the optimizer with a float to change it later, or set a new schedule.",
                )
            )

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Sets all of `variables`."""
        if not self.built:
            raise ValueError(
                explain(
                    f"{type(self).__name__}: there are no weights to set yet.",
                    "an optimizer that was built",
                    "one that was not",
                    "call `optimizer.build(model.trainable_variables)` first.",
                )
            )
        for variable, weight in zip(self._variables, weights):
            variable.assign(weight)

    def save_own_variables(self, store: Any) -> None:
        for i, variable in enumerate(self._variables):
            store[str(i)] = variable.numpy()

    def load_own_variables(self, store: Any) -> None:
        if len(store.keys()) != len(self._variables):
            warnings.warn(
                f"The state of the optimizer {self.name!r} is not loaded: it has {len(self._variables)} variables, the "
                f"file {len(store.keys())}. Build it with the same weights and settings before loading.",
                stacklevel=2,
            )
            return
        for i, variable in enumerate(self._variables):
            variable.assign(store[str(i)])

    # ---- one step

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
        gradients = [ops.convert_to_tensor(g, dtype=v.dtype) for g, v in pairs]
        variables = [v for _, v in pairs]
        if self.loss_scale_factor is not None:
            gradients = [g * (1.0 / self.loss_scale_factor) for g in gradients]
        if self.gradient_accumulation_steps:
            self._accumulate(gradients, variables, self.gradient_accumulation_steps)
        else:
            self._step(gradients, variables)
        if self.use_ema:
            self._average()
        for variable in variables:
            if variable.constraint is not None:
                variable.assign(variable.constraint(variable.value))
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
        if self.weight_decay:
            for variable in variables:
                if self._is_decayed(variable):
                    kept = 1.0 - ops.cast(rate, variable.dtype) * self.weight_decay
                    self.assign(variable, variable.value * kept)
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

    def _accumulate(self, gradients: list[Any], variables: list[Any], steps: int) -> None:
        self._gate = ops.equal(ops.mod(self._iterations.value + 1, steps), 0)
        gate = self._gate
        sums = [g + self.slot("accumulator", v).value for g, v in zip(gradients, variables)]
        try:
            self._step([total * (1.0 / steps) for total in sums], variables)
        finally:
            self._gate = None
        for total, variable in zip(sums, variables):
            self.slot("accumulator", variable).assign(ops.where(gate, ops.zeros_like(total), total))

    def _clip(self, gradients: list[Any]) -> list[Any]:
        if self.clipvalue is not None:
            return [ops.clip(g, -self.clipvalue, self.clipvalue) for g in gradients]
        if self.clipnorm is not None:
            norms = [ops.sqrt(ops.sum(ops.square(g))) for g in gradients]
            return [g * (self.clipnorm / ops.maximum(n, self.clipnorm)) for g, n in zip(gradients, norms)]
        if self.global_clipnorm is not None:
            total: Any = 0.0
            for g in gradients:
                total = ops.cast(ops.sum(ops.square(g)), gradients[0].dtype) + total
            scale = self.global_clipnorm / ops.maximum(ops.sqrt(total), self.global_clipnorm)
            return [g * ops.cast(scale, g.dtype) for g in gradients]
        return gradients

    def _average(self) -> None:
        steps = self.iterations
        steps = steps.value if isinstance(steps, Variable) else steps
        for variable in self._trainable_variables:
            average = self.slot("average", variable)
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
            if id(variable) in self._index:
                variable.assign(self.slot("average", variable).value)

    def exclude_from_weight_decay(
        self, var_list: Sequence[Any] | None = None, var_names: Sequence[str] | None = None
    ) -> None:
        """No weight decay for these variables, nor for those whose path contains one of the names."""
        if self.built:
            raise ValueError(
                explain(
                    f"{type(self).__name__}: weight decay is settled already.",
                    "a call before the optimizer is built",
                    "a call after it",
                    "call `exclude_from_weight_decay` before training.",
                )
            )
        self._not_decayed |= {id(variable) for variable in var_list or ()}
        self._not_decayed_names += list(var_names or ())

    def _is_decayed(self, variable: Any) -> bool:
        return id(variable) not in self._not_decayed and not any(
            name in variable.path for name in self._not_decayed_names
        )

    def scale_loss(self, loss: Any) -> Any:
        """The loss times `loss_scale_factor`."""
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


def _count(owner: str, name: str, value: Any, minimum: int) -> int | None:
    if value is None:
        return None
    if not is_integer(value) or value < minimum:
        raise ValueError(
            explain(
                f"{owner}: `{name}` is out of range.",
                f"an integer of at least {minimum}, or None",
                f"{name}={value!r}",
                "pass None to switch it off.",
            )
        )
    return int(value)


def common_arguments(cls: C) -> C:
    """Class decorator: after its own arguments the constructor takes those of `Optimizer`, also by position."""
    original: Callable[..., None] = cls.__init__  # type: ignore[misc]
    own = [p for p in inspect.signature(original).parameters.values() if p.kind is not p.VAR_KEYWORD]
    names = {p.name for p in own}
    common = [p for p in inspect.signature(Optimizer.__init__).parameters.values() if p.name not in names]
    signature = inspect.Signature([*own, *common])

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        bound = signature.bind(self, *args, **kwargs)
        arguments = dict(bound.arguments)
        arguments.update(arguments.pop("kwargs", {}))
        original(**arguments)

    __init__.__signature__ = signature  # type: ignore[attr-defined]
    cls.__init__ = __init__  # type: ignore[misc]
    return cls
