"""Functions that move, join and cut arrays."""

from cases.call import Call

CALLS: tuple[Call, ...] = ()
