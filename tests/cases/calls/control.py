"""Conversions, control flow, and what gradients see."""

from cases.call import Call

CALLS: tuple[Call, ...] = ()
