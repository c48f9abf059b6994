"""The functions of NumPy, by family."""

from .bitwise import *
from .complex import angle, conj, conjugate, imag, real
from .core import ndim, size
from .creation import *
from .determinants import slogdet
from .einsum import *
from .elementwise import *
from .flips import *
from .indexing import *
from .joining import *
from .matrices import *
from .missing import *
from .ordering import *
from .padding import *
from .products import *
from .reductions import *
from .scans import *
from .shapes import *
from .statistics import *
from .vectorization import *
from .windows import *
