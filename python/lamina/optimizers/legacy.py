"""The names that Keras 2.11 kept for its older optimizers. They are the present ones here."""

from .adagrad import Adagrad
from .adam import Adam
from .ftrl import Ftrl
from .optimizer import Optimizer
from .rmsprop import RMSprop
from .sgd import SGD

__all__ = ["SGD", "Adagrad", "Adam", "Ftrl", "Optimizer", "RMSprop"]
