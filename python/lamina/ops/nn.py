"""The functions of neural networks, by family."""

from .activation import *
from .attention import *
from .complex import polar
from .convolution import *
from .crossentropy import *
from .ctc import *
from .encoding import *
from .normalization import *
from .patches import *
from .pooling import *
