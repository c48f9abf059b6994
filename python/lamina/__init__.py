"""The Keras API on its own native CPU engine: train in Python, predict and keep training in C++.

>>> import lamina
>>> model = lamina.Sequential([lamina.Input((4,)), lamina.layers.Dense(1)])
>>> model.compile("adam", "mse")
"""

from . import (
    _core,
    activations,
    callbacks,
    config,
    constraints,
    dtype_policies,
    initializers,
    layers,
    losses,
    metrics,
    models,
    ops,
    optimizers,
    random,
    regularizers,
    saving,
    tree,
    utils,
)
from ._core import Tensor
from .autodiff import GradientTape, grad, remat, value_and_grad
from .config import show_config
from .dtype_policies import DTypePolicy, FloatDTypePolicy
from .initializers import Initializer
from .layers.input import Input
from .layers.input_spec import InputSpec
from .layers.layer import Layer
from .losses import Loss
from .metrics import Metric
from .models import Function, Functional, Model, Sequential
from .ops.operation import KerasTensor, Operation
from .optimizers import Optimizer
from .regularizers import Regularizer
from .scopes import RematScope, StatelessScope, SymbolicScope, device, name_scope
from .variables import Variable

__version__: str = _core.version()


def version() -> str:
    """The version of the package."""
    return __version__


def __getattr__(name: str) -> object:
    if name in (
        "backend",
        "data",
        "datasets",
        "export",
        "mixed_precision",
        "preprocessing",
        "quantizers",
        "wrappers",
    ):  # only for those who ask
        from importlib import import_module

        return import_module(f"lamina.{name}")
    raise AttributeError(f"module 'lamina' has no attribute {name!r}")


__all__ = [
    "DTypePolicy",
    "FloatDTypePolicy",
    "Function",
    "Functional",
    "GradientTape",
    "Initializer",
    "Input",
    "InputSpec",
    "KerasTensor",
    "Layer",
    "Loss",
    "Metric",
    "Model",
    "Operation",
    "Optimizer",
    "Regularizer",
    "RematScope",
    "Sequential",
    "StatelessScope",
    "SymbolicScope",
    "Tensor",
    "Variable",
    "activations",
    "backend",
    "callbacks",
    "config",
    "constraints",
    "data",
    "datasets",
    "device",
    "dtype_policies",
    "export",
    "grad",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "mixed_precision",
    "models",
    "name_scope",
    "ops",
    "optimizers",
    "preprocessing",
    "quantizers",
    "random",
    "regularizers",
    "remat",
    "saving",
    "show_config",
    "tree",
    "utils",
    "value_and_grad",
    "version",
    "wrappers",
]
