"""Functions of neural networks."""

from cases.call import Call

CALLS: tuple[Call, ...] = ()
