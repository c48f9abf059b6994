"""Wrong arguments of optimizers and schedules."""

import numpy as np
import pytest

import lamina
from lamina import optimizers

S = optimizers.schedules


def variable(shape=(2,), name="v"):
    return lamina.Variable(np.ones(shape, "float32"), name=name)


def built(optimizer, *variables):
    optimizer.build(list(variables))
    return optimizer


# What is done, and what the text has to name.
MISTAKES = [
    (lambda: optimizers.get("adamm"), "Unknown optimizer.*did you mean.*'Adam'"),
    (lambda: optimizers.get({"class_name": "Adamm", "config": {}}), "'Adamm'"),
    (lambda: optimizers.get(3), "Received: 3"),
    (lambda: optimizers.deserialize({"class_name": "adam", "config": {"beta": 1.0}}), "beta"),
    (lambda: optimizers.Adadelta(rho=1.5), "Adadelta: `rho`"),
    (lambda: optimizers.Adadelta(epsilon=-1.0), "epsilon=-1.0"),
    (lambda: optimizers.Adafactor(beta_2_decay="slow"), "beta_2_decay='slow'"),
    (lambda: optimizers.Adafactor(clip_threshold=-1.0), "clip_threshold=-1.0"),
    (lambda: optimizers.Adagrad(initial_accumulator_value=-0.1), "initial_accumulator_value=-0.1"),
    (lambda: optimizers.Adamax(beta_1=-0.1), "Adamax: `beta_1`"),
    (lambda: optimizers.AdamW(weight_decay="much"), "weight_decay='much'"),
    (lambda: optimizers.Adam(beta_3=0.5), "beta_3"),
    (lambda: optimizers.Adam(ema_overwrite_frequency=0), "ema_overwrite_frequency=0"),
    (lambda: optimizers.Ftrl(learning_rate_power=0.5), "at most 0.*learning_rate_power=0.5"),
    (lambda: optimizers.Ftrl(l1_regularization_strength=-1.0), "l1_regularization_strength=-1.0"),
    (lambda: optimizers.Lamb(beta_2=2.0), "Lamb: `beta_2`"),
    (lambda: optimizers.Lion(beta_1=0.0), "0 < beta_1 <= 1"),
    (lambda: optimizers.Muon(ns_steps=2.5), "ns_steps=2.5"),
    (lambda: optimizers.Muon(momentum=1.5), "Muon: `momentum`"),
    (lambda: optimizers.Nadam(epsilon=None), "epsilon=None"),
    (lambda: optimizers.RMSprop(momentum=-0.5), "RMSprop: `momentum`"),
    (lambda: optimizers.ScheduleFreeAdamW(warmup_steps=-1), "warmup_steps=-1"),
    (lambda: optimizers.SGD(10), "learning_rate=10.*float"),
    (lambda: built(optimizers.SGD(), variable()).exclude_from_weight_decay(var_names=["v"]), "before training"),
    (lambda: optimizers.SGD().exclude_from_weight_decay(var_names=["("]), r"`var_names` cannot be read.*\['\('\]"),
    (lambda: optimizers.SGD().add_optimizer_variables([], ["a", "b"], ["zeros"]), "2 initializers"),
    (lambda: built(optimizers.SGD(), variable()).set_weights([1]), "2 arrays.*Received: 1 arrays"),
    (lambda: built(optimizers.SGD(), variable()).apply([np.ones(3, "float32")]), r"\(3,\)"),
    (lambda: optimizers.SGD().stateless_apply([], [], []), "build"),
    (lambda: optimizers.Optimizer(0.1).apply([np.ones(2)], [variable()]), "update_step"),
    (lambda: optimizers.LossScaleOptimizer(optimizers.LossScaleOptimizer("sgd")), "scaled twice"),
    (lambda: optimizers.LossScaleOptimizer("sgd", clipnorm=1.0), "`clipnorm` is not its own"),
    (lambda: optimizers.LossScaleOptimizer("sgd", scale=1.0), "`scale`.*scale=1.0"),
    (lambda: optimizers.LossScaleOptimizer("sgd", dynamic=False), "loss_scale_factor"),
    (lambda: optimizers.LossScaleOptimizer("sgd", dynamic_growth_steps=0), "dynamic_growth_steps=0"),
    (lambda: optimizers.OptimizerMap("sgd"), "`default_optimizer` cannot be used.*'sgd'"),
    (lambda: optimizers.OptimizerMap(optimizers.SGD(), ["a"]), r"not a dict.*\['a'\]"),
    (lambda: optimizers.OptimizerMap(optimizers.SGD(), {"a": "adam"}), "the optimizer of 'a'.*'adam'"),
    (lambda: optimizers.OptimizerMap(optimizers.SGD(), {"a": optimizers.LossScaleOptimizer("sgd")}), "neither"),
    (lambda: optimizers.OptimizerMap(optimizers.SGD(), {3: optimizers.SGD()}), "pass a string"),
    (
        lambda: optimizers.OptimizerMap(optimizers.SGD(), {"a": optimizers.SGD()}).update(a=optimizers.SGD()),
        "delete it",
    ),
    (
        lambda: optimizers.OptimizerMap(optimizers.SGD(), {"a.*": optimizers.SGD(), ".*b": optimizers.SGD()})["ab"],
        r"'a\.\*', '\.\*b'",
    ),
    (lambda: optimizers.MultiOptimizer("adam"), "`optimizer_map` cannot choose.*'adam'"),
    (lambda: optimizers.MultiOptimizer(lambda v: None).build([variable()]), "chosen for a weight.*None"),
    (lambda: optimizers.MultiOptimizer(lambda v: None).learning_rate, "no learning rate of its own"),
    (lambda: setattr(optimizers.MultiOptimizer(lambda v: None), "learning_rate", 0.1), "optimizers.0..learning_rate"),
    (lambda: S.deserialize("CosineDecai"), "Unknown learning rate schedule.*CosineDecay"),
    (lambda: S.LearningRateSchedule()(3), "__call__"),
    (lambda: S.CosineDecay("high", 10), "initial_learning_rate='high'"),
    (lambda: S.CosineDecay(0.1, 10, warmup_target=1.0, warmup_steps=-2), "warmup_steps=-2"),
    (lambda: S.CosineDecay(0.1, 10, warmup_target="up"), "warmup_target='up'"),
    (lambda: S.CosineDecayRestarts(0.1, 0), "first_decay_steps=0"),
    (lambda: S.CosineDecayRestarts(0.1, 5, t_mul=0.5), "t_mul=0.5"),
    (lambda: S.ExponentialDecay(0.1, -3, 0.5), "decay_steps=-3"),
    (lambda: S.InverseTimeDecay(None, 3, 0.5), "initial_learning_rate=None"),
    (lambda: S.PiecewiseConstantDecay([2, 1], [1.0, 2.0, 3.0]), r"rising.*\[2, 1\]"),
    (lambda: S.PolynomialDecay(0.1, 10, power="square"), "power='square'"),
]


@pytest.mark.parametrize(("attempt", "names"), MISTAKES, ids=range(len(MISTAKES)))
def test_mistakes_are_explained(attempt, names):
    with pytest.raises((TypeError, ValueError, AttributeError, NotImplementedError), match=names) as caught:
        attempt()
    text = str(caught.value)
    assert all(part in text for part in ("Expected: ", "Received: ", "Fix: ")), text
