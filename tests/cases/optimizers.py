"""Rows of optimizers and schedules: the class and the arguments of its constructor."""

from typing import Any

from cases.functions import Row

D = dict


class Inner(Row):
    """An optimizer or a map of optimizers as an argument."""

    def __repr__(self) -> str:
        return self.id


def make(library: Any, row: Row) -> Any:
    """The optimizer of a row, of lamina or keras."""

    def resolve(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: resolve(item) for key, item in value.items()}
        return make(library, value) if isinstance(value, Inner) else value

    return getattr(library.optimizers, row.name)(**resolve(row.kwargs))


ACCUMULATE = D(gradient_accumulation_steps=3)
BY_PATH = Inner(
    "OptimizerMap",
    D(
        default_optimizer=Inner("SGD", D(learning_rate=0.05, momentum=0.9)),
        optimizer_map={"v1.*": Inner("Adam", D(use_ema=True))},
    ),
)

OPTIMIZERS: tuple[Row, ...] = (
    Row("SGD", {}),
    Row("SGD", D(learning_rate=0.05, momentum=0.9)),
    Row("SGD", D(learning_rate=0.05, momentum=0.9, nesterov=True)),
    Row("SGD", D(weight_decay=0.1)),
    Row("SGD", D(clipnorm=0.5)),
    Row("SGD", D(clipnorm=0.0)),
    Row("SGD", D(clipvalue=0.2)),
    Row("SGD", D(global_clipnorm=0.5)),
    Row("SGD", D(use_ema=True, ema_momentum=0.9)),
    Row("SGD", D(use_ema=True, ema_momentum=0.9, ema_overwrite_frequency=3)),
    Row("SGD", D(momentum=0.9, gradient_accumulation_steps=3, weight_decay=0.1)),
    Row("SGD", D(gradient_accumulation_steps=2, global_clipnorm=0.5, use_ema=True, ema_overwrite_frequency=2)),
    Row("SGD", D(loss_scale_factor=4.0)),
    Row("Adam", {}),
    Row("Adam", D(learning_rate=0.05, beta_1=0.8, beta_2=0.95, epsilon=1e-3)),
    Row("Adam", D(learning_rate=0.05, amsgrad=True)),
    Row("Adam", D(learning_rate=0.05, weight_decay=0.1, clipnorm=1.0, gradient_accumulation_steps=2)),
    Row("AdamW", {}),
    Row("AdamW", D(learning_rate=0.05, weight_decay=0.1, amsgrad=True)),
    Row("RMSprop", {}),
    Row("RMSprop", D(learning_rate=0.05, rho=0.8, momentum=0.5)),
    Row("RMSprop", D(learning_rate=0.05, centered=True)),
    Row("RMSprop", D(learning_rate=0.05, momentum=0.5, centered=True, use_ema=True)),
    Row("Adadelta", {}),
    Row("Adadelta", D(learning_rate=1.0, rho=0.8, epsilon=1e-3, weight_decay=0.01)),
    Row("Adagrad", {}),
    Row("Adagrad", D(learning_rate=0.1, initial_accumulator_value=0.5, epsilon=1e-2, **ACCUMULATE)),
    Row("Adamax", {}),
    Row("Adamax", D(learning_rate=0.05, beta_1=0.8, beta_2=0.9, epsilon=1e-2, clipvalue=0.5)),
    Row("Nadam", {}),
    Row("Nadam", D(learning_rate=0.05, beta_1=0.8, beta_2=0.95, epsilon=1e-3)),
    Row("Nadam", D(learning_rate=0.05, **ACCUMULATE)),
    Row("Lion", {}),
    Row("Lion", D(learning_rate=0.01, beta_1=0.8, beta_2=0.9, weight_decay=0.1)),
    Row("Lamb", {}),
    Row("Lamb", D(learning_rate=0.05, beta_1=0.8, beta_2=0.95, epsilon=1e-3, **ACCUMULATE)),
    Row("Ftrl", {}),
    Row(
        "Ftrl",
        D(
            learning_rate=0.1,
            learning_rate_power=-0.3,
            initial_accumulator_value=0.2,
            l1_regularization_strength=0.1,
            l2_regularization_strength=0.2,
            l2_shrinkage_regularization_strength=0.05,
            beta=0.3,
        ),
    ),
    Row("Adafactor", {}),
    Row("Adafactor", D(learning_rate=0.5, beta_2_decay=-0.5, epsilon_2=0.1, clip_threshold=0.5, relative_step=False)),
    Row("Adafactor", D(learning_rate=0.05, use_ema=True, **ACCUMULATE)),
    Row("Muon", {}),
    Row("Muon", D(learning_rate=0.05, adam_weight_decay=0.1, weight_decay=0.05, nesterov=False, rms_rate=None)),
    Row("Muon", D(learning_rate=0.05, exclude_layers=["v0"], adam_lr_ratio=0.5, adam_beta_1=0.8)),
    Row("Muon", D(learning_rate=0.05, ns_steps=2, momentum=0.8, muon_a=3.0, muon_b=-4.0, muon_c=2.0, **ACCUMULATE)),
    Row("ScheduleFreeAdamW", {}),
    Row("ScheduleFreeAdamW", D(learning_rate=0.05, beta_1=0.8, beta_2=0.95, warmup_steps=7, weight_decay=0.1)),
    Row("LossScaleOptimizer", D(inner_optimizer=Inner("SGD", {}), initial_scale=8.0, dynamic_growth_steps=3)),
    Row("LossScaleOptimizer", D(inner_optimizer=Inner("Adam", D(learning_rate=0.05, use_ema=True)))),
    Row("MultiOptimizer", D(optimizer_map=BY_PATH, loss_scale_factor=2.0)),
)

SCHEDULES: tuple[Row, ...] = (
    Row("ExponentialDecay", D(initial_learning_rate=0.1, decay_steps=10, decay_rate=0.9)),
    Row("ExponentialDecay", D(initial_learning_rate=0.1, decay_steps=10, decay_rate=0.5, staircase=True)),
    Row("InverseTimeDecay", D(initial_learning_rate=0.1, decay_steps=10, decay_rate=0.9)),
    Row("InverseTimeDecay", D(initial_learning_rate=0.1, decay_steps=10, decay_rate=0.5, staircase=True)),
    Row("PiecewiseConstantDecay", D(boundaries=[3, 10], values=[1.0, 0.5, 0.1])),
    Row("PolynomialDecay", D(initial_learning_rate=0.1, decay_steps=10, end_learning_rate=0.01, power=2.0)),
    Row("PolynomialDecay", D(initial_learning_rate=0.1, decay_steps=10, power=0.5, cycle=True)),
    Row("CosineDecay", D(initial_learning_rate=0.1, decay_steps=20, alpha=0.1)),
    Row("CosineDecay", D(initial_learning_rate=0.01, decay_steps=20, warmup_target=0.1, warmup_steps=5)),
    Row("CosineDecayRestarts", D(initial_learning_rate=0.1, first_decay_steps=7)),
    Row("CosineDecayRestarts", D(initial_learning_rate=0.1, first_decay_steps=7, t_mul=1.0, m_mul=0.8, alpha=0.1)),
    Row("CosineDecayRestarts", D(initial_learning_rate=0.1, first_decay_steps=6, t_mul=1.5, m_mul=0.8)),
)
