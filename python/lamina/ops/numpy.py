"""The functions of NumPy, by family."""

from .core import ndim, size
from .creation import *
from .elementwise import *
from .indexing import *
from .missing import *
from .ordering import *
from .products import *
from .reductions import *
from .scans import *
from .shapes import *
from .statistics import *
