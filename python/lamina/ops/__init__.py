"""Functions on tensors, with the names and signatures of keras.ops.

They take arrays, numbers, tensors and variables; on symbolic tensors they become part of a functional model. Each
family of functions is a file that lists its public names; `numpy` and `nn` are the namespaces of Keras over them.
"""

from .. import _core as _core
from ..variables import Variable as _Variable
from . import image as image
from . import linalg, nn, numpy
from .complex import view_as_complex, view_as_real
from .control import *
from .conversion import *
from .convert import result_type
from .core import *
from .determinants import *
from .einops import *
from .fourier import *
from .linalg import *
from .nn import *
from .numpy import *
from .operators import attach as _attach
from .ranking import *
from .scatter import *
from .sequences import *
from .special import *

_attach(_core.Tensor, _Variable)


def __getattr__(name: str) -> object:
    if name == "strings":  # only for those who have texts
        from importlib import import_module

        return import_module("lamina.ops.strings")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [name for name, value in list(globals().items()) if callable(value) and not name.startswith("_")]
