"""Functions of one or two tensors, entry by entry."""

from cases.call import Call

CALLS: tuple[Call, ...] = ()
