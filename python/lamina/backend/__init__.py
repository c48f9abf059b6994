"""The functions of Keras 2's `keras.backend`, on the functions of `lamina.ops`: `from lamina import backend as K`.

Names, signatures and meanings are those of Keras 2; new code is better written with `lamina.ops`.

>>> from lamina import backend as K
>>> K.int_shape(K.zeros((2, 3)))
(2, 3)
"""

from ..config import (
    backend,
    epsilon,
    floatx,
    image_data_format,
    set_epsilon,
    set_floatx,
    set_image_data_format,
    standardize_dtype,
)
from ..ops.convert import result_type
from ..utils.naming import get_uid, name_scope
from ..utils.session import clear_session, is_keras_tensor
from .elementwise import *
from .losses import *
from .nn import *
from .recurrent import *
from .renamed import *
from .sampling import *
from .shapes import *
from .variables import *


def is_float_dtype(dtype: object) -> bool:
    """Whether it is a floating point dtype."""
    return "float" in standardize_dtype(dtype)


def is_int_dtype(dtype: object) -> bool:
    """Whether it is an integer dtype, with or without sign."""
    return "int" in standardize_dtype(dtype)


__all__ = [name for name, value in list(globals().items()) if callable(value) and not name.startswith("_")]
