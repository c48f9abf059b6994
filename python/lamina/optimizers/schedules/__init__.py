"""Learning rates that change with the step: pass one as `learning_rate` of an optimizer."""

from .schedule import (
    CLASSES,
    NAMESPACE,
    CosineDecay,
    CosineDecayRestarts,
    ExponentialDecay,
    InverseTimeDecay,
    LearningRateSchedule,
    PiecewiseConstantDecay,
    PolynomialDecay,
)

_, serialize, deserialize = NAMESPACE.functions("learning_rate_schedule")
