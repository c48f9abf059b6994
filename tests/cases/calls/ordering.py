"""Sorting, searching, sets and counts."""

from cases.call import Call

CALLS: tuple[Call, ...] = ()
