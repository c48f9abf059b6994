"""Computing in 16 bits with weights in 32: the names that Keras has for it.

>>> import lamina
>>> lamina.mixed_precision.Policy("mixed_float16").compute_dtype
'float16'
"""

from .dtype_policies import DTypePolicy, Policy, dtype_policy, set_dtype_policy
from .optimizers import LossScaleOptimizer

global_policy, set_global_policy = dtype_policy, set_dtype_policy

__all__ = [
    "DTypePolicy",
    "LossScaleOptimizer",
    "Policy",
    "dtype_policy",
    "global_policy",
    "set_dtype_policy",
    "set_global_policy",
]
