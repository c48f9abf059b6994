"""Products, and sums of products."""

from cases.call import Call

CALLS: tuple[Call, ...] = ()
