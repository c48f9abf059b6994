"""The functions of neural networks, by family."""

from .activation import *
from .complex import polar
from .convolution import *
from .crossentropy import *
from .encoding import *
from .normalization import *
from .pooling import *
