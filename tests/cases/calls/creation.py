"""Functions that make arrays."""

from cases.call import Call

CALLS: tuple[Call, ...] = ()
