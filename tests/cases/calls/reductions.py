"""Reductions, scans and statistics."""

from cases.call import Call

CALLS: tuple[Call, ...] = ()
