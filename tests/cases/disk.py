"""A disk that is full."""

import resource
import sys
from contextlib import contextmanager


@contextmanager
def full_disk(space=100):
    """No file may grow beyond `space` bytes. Python would also cut the compiled files of modules imported meanwhile."""
    limits, writes = resource.getrlimit(resource.RLIMIT_FSIZE), sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    resource.setrlimit(resource.RLIMIT_FSIZE, (space, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        sys.dont_write_bytecode = writes
