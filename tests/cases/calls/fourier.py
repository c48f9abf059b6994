"""Fourier transforms and complex numbers."""

from cases.call import Call

CALLS: tuple[Call, ...] = ()
