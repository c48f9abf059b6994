"""Functions of images."""

from cases.call import Call

CALLS: tuple[Call, ...] = ()
