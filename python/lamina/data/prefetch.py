"""Work ahead: the next items are made in a thread while the engine computes."""

from __future__ import annotations

import contextvars
import queue
import threading
from collections.abc import Iterable, Iterator
from typing import Any

_PATIENCE = 5.0  # seconds to wait for a producer that makes its last item when nobody wants it any more
_END = object()


class _Failure:
    """An exception on its way to the consumer."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


class Prefetch:
    """The items of an iterable, in order; up to `ahead` of them are made by a thread before they are asked for.

    To be used in a `with` statement: its end stops the thread. What the iterable raises arrives here, with its
    traceback, after the items before it. Never more than `ahead` items are taken that nobody asked for.

    >>> with Prefetch(i * i for i in range(4)) as squares:
    ...     print(list(squares))
    [0, 1, 4, 9]
    """

    def __init__(self, items: Iterable[Any], ahead: int = 2) -> None:
        self._items = items
        self._ready: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._places: queue.SimpleQueue[None] = queue.SimpleQueue()  # one entry for each item that may be made now
        self._closed = False
        self._finished = False
        for _ in range(ahead):
            self._places.put(None)
        context = contextvars.copy_context()
        self._thread = threading.Thread(target=context.run, args=(self._produce,), name="lamina-prefetch", daemon=True)
        self._thread.start()

    def _produce(self) -> None:
        try:
            self._fill(iter(self._items))
        except BaseException as error:
            self._ready.put(_Failure(error))
        else:
            self._ready.put(_END)

    def _fill(self, iterator: Iterator[Any]) -> None:
        """Makes items, in the thread, until there are no more or nobody wants any."""
        while True:
            self._places.get()
            if self._closed:
                return
            item = next(iterator, _END)
            if item is _END:
                return
            self._ready.put(item)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        if self._finished:
            raise StopIteration
        item = self._checked(self._ready.get())
        self._places.put(None)
        return item

    def _checked(self, item: Any) -> Any:
        """What came from the thread, unless it is the end or what was raised there."""
        if item is _END:
            self._finished = True
            raise StopIteration
        if isinstance(item, _Failure):
            self._finished = True
            raise item.error
        return item

    def close(self) -> None:
        """Stops the thread. The item it makes at the moment is dropped."""
        self._finished = self._closed = True
        self._wake()
        self._thread.join(_PATIENCE)

    def _wake(self) -> None:
        """Lets the thread see that it is over."""
        self._places.put(None)

    def __enter__(self) -> Prefetch:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
