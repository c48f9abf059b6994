"""Optimizers: how weights follow their gradients. Their step is made of ops and part of the traced training step.

>>> import lamina
>>> lamina.optimizers.get("adam").beta_1
0.9
"""

from __future__ import annotations

from typing import Any

from ..checks import explain
from ..namespaces import Namespace
from . import legacy, schedules
from .adadelta import Adadelta
from .adafactor import Adafactor
from .adagrad import Adagrad
from .adam import Adam, AdamW
from .adamax import Adamax
from .ftrl import Ftrl
from .lamb import Lamb
from .lion import Lion
from .loss_scale import LossScaleOptimizer
from .multi import MultiOptimizer, OptimizerMap
from .muon import Muon
from .nadam import Nadam
from .optimizer import Optimizer
from .rmsprop import RMSprop
from .schedule_free import ScheduleFreeAdamW
from .sgd import SGD

CLASSES = (
    *(Adadelta, Adafactor, Adagrad, Adam, AdamW, Adamax, Ftrl, Lamb, Lion, LossScaleOptimizer, MultiOptimizer, Muon),
    *(Nadam, RMSprop, ScheduleFreeAdamW, SGD),
)

NAMESPACE = Namespace("optimizer", {cls.__name__: cls for cls in (Optimizer, OptimizerMap, *CLASSES)}, ignore_case=True)


def serialize(optimizer: Optimizer) -> dict[str, Any]:
    """The configuration of an optimizer, which `deserialize` reads."""
    return NAMESPACE.serialize(optimizer)


def deserialize(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
    """The optimizer that `config` describes, without its state. Case does not matter in built-in names."""
    if isinstance(config, dict):
        built_in = {name.lower(): name for name in NAMESPACE.objects}
        name = config.get("class_name")
        config = {**config, "class_name": built_in.get(str(name).lower(), name)}
    return NAMESPACE.deserialize(config, custom_objects)


def get(identifier: object) -> Optimizer:
    """The optimizer for a name (any case), a configuration, or an optimizer."""
    found = identifier if isinstance(identifier, Optimizer) else NAMESPACE.get(identifier)
    if not isinstance(found, Optimizer):
        raise ValueError(
            explain(
                "An optimizer is missing.",
                f"an optimizer or the name of one: {', '.join(cls.__name__ for cls in CLASSES)}",
                repr(identifier),
                "pass e.g. 'adam' or lamina.optimizers.Adam(0.001).",
            )
        )
    return found
