"""Many calls at a time, results in order."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any


def in_order(pool: Any, function: Callable[[Any], Any], items: Iterable[Any], ahead: int) -> Iterator[Any]:
    """`function` of each item, at most `ahead` of them before they are asked for. Ends the pool."""
    waiting: deque[Any] = deque()
    left = iter(items)
    try:
        waiting.extend(pool.submit(function, item) for item in itertools.islice(left, ahead))
        while waiting:
            result = waiting.popleft().result()
            waiting.extend(pool.submit(function, item) for item in itertools.islice(left, 1))
            yield result
    finally:
        pool.shutdown(cancel_futures=True)


def threads(count: int) -> Any:
    """A pool of threads."""
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(count, thread_name_prefix="lamina-worker")


def processes(count: int, shared: Any) -> Any:
    """A pool of processes, each with a copy of `shared`, for `call_shared`."""
    from concurrent.futures import ProcessPoolExecutor

    return ProcessPoolExecutor(count, initializer=_remember, initargs=(shared,))


_shared: Any = None


def _remember(shared: Any) -> None:
    global _shared
    _shared = shared


def call_shared(index: int) -> Any:
    """In a worker process: the item of that number of what is shared."""
    return _shared[index]
