"""The functions of NumPy, by family."""

from .bitwise import *
from .core import ndim, size
from .creation import *
from .elementwise import *
from .indexing import *
from .products import *
from .reductions import *
from .shapes import *
