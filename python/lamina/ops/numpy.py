"""The functions of NumPy, by family."""

from .complex import angle, conj, conjugate, imag, real
from .core import ndim, size
from .creation import *
from .determinants import slogdet
from .elementwise import *
from .indexing import *
from .products import *
from .reductions import *
from .shapes import *
