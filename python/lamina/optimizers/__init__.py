"""Optimizers: how weights follow their gradients. Their step is made of ops and part of the traced training step.

>>> import lamina
>>> lamina.optimizers.get("adam").beta_1
0.9
"""

from __future__ import annotations

from ..checks import explain
from ..namespaces import Namespace
from . import schedules
from .adam import Adam, AdamW
from .loss_scale import LossScaleOptimizer
from .optimizer import Optimizer
from .rmsprop import RMSprop
from .sgd import SGD

CLASSES = (Adam, AdamW, LossScaleOptimizer, RMSprop, SGD)

NAMESPACE = Namespace("optimizer", {cls.__name__: cls for cls in (Optimizer, *CLASSES)}, ignore_case=True)
serialize, deserialize = NAMESPACE.serialize, NAMESPACE.deserialize


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
