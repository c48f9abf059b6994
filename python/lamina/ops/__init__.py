"""Functions on tensors, with the names and signatures of keras.ops.

They take arrays, numbers, tensors and variables; on symbolic tensors they become part of a functional model. Each
family of functions is a file that lists its public names; `numpy` and `nn` are the namespaces of Keras over them.
"""

from .. import _core as _core
from ..variables import Variable as _Variable
from . import nn, numpy
from .control import *
from .convert import convert_to_numpy, convert_to_tensor, result_type
from .core import *
from .nn import *
from .numpy import *
from .operators import attach as _attach

_attach(_core.Tensor, _Variable)

__all__ = [name for name, value in list(globals().items()) if callable(value) and not name.startswith("_")]
