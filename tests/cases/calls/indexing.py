"""Entries by their indices: gather, scatter, segments."""

from cases.call import Call

CALLS: tuple[Call, ...] = ()
