"""Linear algebra."""

from cases.call import Call

CALLS: tuple[Call, ...] = ()
