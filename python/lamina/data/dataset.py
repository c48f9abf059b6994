"""A small dataset: elements that can be read again and again, and what one does to them before training."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from .. import _core, tree
from ..checks import explain, integer
from ..ops.convert import array_to_tensor
from .prefetch import Prefetch
from .streams import Pass
from .workers import in_order, threads

AUTOTUNE = -1
_THREADS = 4  # for num_parallel_calls=AUTOTUNE


class Dataset:
    """Elements (tensors, or tuples and dicts of them) in an order, made anew in each pass by calling `make`.

    `fit`, `evaluate` and `predict` take a dataset of batches. The methods make new datasets and read nothing yet; they
    have the names and arguments of `tf.data`. `len` is known where `length` is given, or follows.

    >>> data = Dataset.from_tensor_slices([3, 1, 2]).map(lambda x: x * 10).batch(2)
    >>> [batch.numpy().tolist() for batch in data]
    [[30, 10], [20]]
    >>> len(data)
    2
    """

    def __init__(
        self, make: Callable[[], Iterable[Any]], length: int | None = None, batch_size: int | None = None
    ) -> None:
        self._make = make
        self._length = length
        self._batch_size = batch_size

    @staticmethod
    def from_tensor_slices(tensors: Any) -> Dataset:
        """One element for each index of the first axis of an array, or of a nest of arrays of one length."""
        arrays = _sliceable(tensors)
        lengths = {len(a) for a in tree.flatten(arrays)}
        if len(lengths) != 1:
            raise ValueError(
                explain(
                    "The arrays cannot be sliced together.",
                    "one length of all arrays",
                    f"lengths {sorted(lengths)}",
                    "cut or complete the arrays.",
                )
            )
        return _Slices(arrays, Dataset.numbers(lengths.pop()))

    @staticmethod
    def from_generator(generator: Callable[[], Iterable[Any]]) -> Dataset:
        """The elements of the iterable that `generator()` makes for each pass; arrays are copied as they come."""
        return Dataset(lambda: (tree.map_structure(_owned, element) for element in generator()))

    @staticmethod
    def numbers(count: int, shuffle: bool = False, seed: int | None = None) -> Dataset:
        """0, 1, ... `count` - 1; shuffled, another order in each pass, a function of the seed and the pass."""
        if not shuffle:
            return Dataset(lambda: range(count), count)
        first, passes = _seed(seed), itertools.count()
        return Dataset(lambda: map(int, _core.permutation(count, first, next(passes)).numpy()), count)

    @staticmethod
    def zip(*datasets: Any) -> Dataset:
        """Tuples of the elements of several datasets, as long as all have one."""
        if len(datasets) == 1 and isinstance(datasets[0], (tuple, list)):
            datasets = tuple(datasets[0])
        known = [d.cardinality() for d in datasets]
        finite = [n for n in known if n != -1]
        return Dataset(lambda: zip(*datasets), None if -2 in known else min(finite, default=-1))

    def __iter__(self) -> Iterator[Any]:
        return iter(self._make())

    def __len__(self) -> int:
        if self._length is None or self._length < 0:
            raise TypeError("The length of this dataset is not known; iterate over it, or give it with repeat or take.")
        return self._length

    def cardinality(self) -> int:
        """The length, -2 if unknown, -1 if endless."""
        return -2 if self._length is None else self._length

    def _then(self, make: Callable[[], Iterable[Any]], length: Any = "same") -> Dataset:
        """Another dataset that keeps names and paths of this one."""
        new = Dataset(make, self._length if length == "same" else length, self._batch_size)
        extra = {name: value for name, value in vars(self).items() if not name.startswith("_")}
        vars(new).update(extra)
        return new

    def map(
        self, map_func: Callable[..., Any], num_parallel_calls: int | None = None, deterministic: bool | None = None
    ) -> Dataset:
        """`map_func` of each element, in order; elements that are tuples are its arguments.

        With `num_parallel_calls` several threads call it. Random numbers then are the same for any number of them.
        """

        def call(element: Any) -> Any:
            return map_func(*element) if isinstance(element, tuple) else map_func(element)

        if num_parallel_calls is None:
            return self._then(lambda: map(call, self))
        count = _THREADS if num_parallel_calls == AUTOTUNE else integer("map", "num_parallel_calls", num_parallel_calls)

        def run() -> Iterator[Any]:
            in_pass = functools.partial(Pass().call, call)
            return in_order(threads(count), in_pass, enumerate(self), 2 * count)

        return self._then(run)

    def filter(self, predicate: Callable[..., Any]) -> Dataset:
        """The elements for which `predicate` is true."""

        def is_wanted(element: Any) -> bool:
            return bool(predicate(*element) if isinstance(element, tuple) else predicate(element))

        return self._then(lambda: filter(is_wanted, self), None)

    def batch(
        self,
        batch_size: int,
        drop_remainder: bool = False,
        num_parallel_calls: int | None = None,
        deterministic: bool | None = None,
    ) -> Dataset:
        """Elements stacked along a new first axis, `batch_size` at a time."""
        groups = self._groups(integer("batch", "batch_size", batch_size), drop_remainder)
        new = groups._then(lambda: map(self._joined, groups))
        new._batch_size = int(batch_size)
        return new

    def _groups(self, size: int, drop_remainder: bool) -> Dataset:
        """Lists of `size` of what `_joined` makes a batch of: the elements."""

        def make() -> Iterator[list[Any]]:
            elements = iter(self)
            while group := list(itertools.islice(elements, size)):
                if len(group) == size or not drop_remainder:
                    yield group

        n = self._length
        return self._then(make, n if n is None or n < 0 else n // size if drop_remainder else -(-n // size))

    def _joined(self, group: list[Any]) -> Any:
        """One batch of a group."""
        return tree.map_structure(_stack, *group)

    def unbatch(self) -> Dataset:
        """The single elements of batches."""

        def make() -> Iterator[Any]:
            for batch in self:
                yield from Dataset.from_tensor_slices(batch)

        new = self._then(make, None)
        new._batch_size = None
        return new

    def shuffle(
        self, buffer_size: int, seed: int | None = None, reshuffle_each_iteration: bool | None = None
    ) -> Dataset:
        """Elements drawn at random from the next `buffer_size` ones; in another order in each pass."""
        size = integer("shuffle", "buffer_size", buffer_size)
        first, passes = _seed(seed), itertools.repeat(0) if reshuffle_each_iteration is False else itertools.count()

        def make() -> Iterator[Any]:
            rng = np.random.default_rng((first, next(passes)))
            elements = iter(self)
            buffer = list(itertools.islice(elements, size))
            places = itertools.chain.from_iterable(iter(lambda: rng.integers(size, size=1024).tolist(), None))
            for element, place in zip(elements, places):
                yield buffer[place]
                buffer[place] = element
            for i in rng.permutation(len(buffer)):
                yield buffer[i]

        return self._then(make)

    def repeat(self, count: int | None = None) -> Dataset:
        """`count` passes one after the other; without end for None and -1."""

        def make() -> Iterator[Any]:
            for _ in itertools.count() if count in (None, -1) else range(int(count or 0)):
                empty = True
                for element in self:
                    empty = False
                    yield element
                if empty:
                    return

        n = self._length
        return self._then(make, -1 if count in (None, -1) else n if n is None or n < 0 else n * int(count or 0))

    def take(self, count: int) -> Dataset:
        """The first `count` elements; all for -1."""
        return self._cut(None if count < 0 else count, lambda n: n if count < 0 else min(n, count), 0)

    def skip(self, count: int) -> Dataset:
        """All elements but the first `count`; none for -1."""
        if count < 0:
            return self.take(0)
        return self._cut(None, lambda n: max(n - count, 0), count)

    def _cut(self, stop: int | None, length: Callable[[int], int], start: int) -> Dataset:
        n = self._length
        known = None if n is None else length(n) if n >= 0 else -1 if stop is None else stop
        return self._then(lambda: itertools.islice(self, start, stop), known)

    def shard(self, num_shards: int, index: int) -> Dataset:
        """Every `num_shards`-th element, from element `index` on."""
        n = self._length
        known = n if n is None or n < 0 else len(range(index, n, num_shards))
        return self._then(lambda: itertools.islice(self, index, None, num_shards), known)

    def concatenate(self, dataset: Iterable[Any]) -> Dataset:
        """The elements of this dataset, then those of the other."""
        n, m = self._length, getattr(dataset, "_length", None)
        return self._then(
            lambda: itertools.chain(self, dataset), None if n is None or m is None else -1 if n < 0 or m < 0 else n + m
        )

    def enumerate(self, start: int = 0) -> Dataset:
        """(number, element) from `start` on."""
        return self._then(lambda: enumerate(self, start))

    def cache(self, filename: str = "") -> Dataset:
        """The elements of the first whole pass, kept in memory. ValueError for a file name."""
        if filename:
            raise ValueError(
                explain("cache: files are not supported.", "cache()", f"filename={filename!r}", "leave it out.")
            )
        kept: list[Any] = []
        complete = False

        def make() -> Iterator[Any]:
            nonlocal kept, complete
            if complete:
                yield from kept
                return
            found = []
            for element in self:
                found.append(element)
                yield element
            kept, complete = found, True

        return self._then(make)

    def prefetch(self, buffer_size: int) -> Dataset:
        """The same elements, `buffer_size` (2 for -1) of them made ahead by a thread. `fit` does so by itself."""

        def make() -> Iterator[Any]:
            with Prefetch(self, 2 if buffer_size == AUTOTUNE else integer("prefetch", "buffer_size", buffer_size)) as p:
                yield from p

        return self._then(make)

    def as_numpy_iterator(self) -> Iterator[Any]:
        """The elements with NumPy arrays in place of tensors."""
        return (tree.map_structure(_to_array, element) for element in self)

    def __repr__(self) -> str:
        names = {-1: "endless", -2: "length unknown"}
        return f"<Dataset: {names.get(self.cardinality(), f'{self._length} elements')}>"


class _Slices(Dataset):
    """Slices of arrays by number: what only changes the order works on the numbers, and batches are read at once."""

    def __init__(self, arrays: Any, numbers: Dataset) -> None:
        super().__init__(lambda: map(self._read, numbers), numbers._length)
        self._arrays = arrays
        self._numbers = numbers

    def _read(self, place: Any) -> Any:
        return tree.map_structure(lambda a: as_element(a[place]), self._arrays)

    def _groups(self, size: int, drop_remainder: bool) -> Dataset:
        return self._numbers._groups(size, drop_remainder)

    def _joined(self, group: list[Any]) -> Any:
        return self._read(np.array(group))

    def _reordered(self, numbers: Dataset) -> Dataset:
        return _Slices(self._arrays, numbers)

    def shuffle(
        self, buffer_size: int, seed: int | None = None, reshuffle_each_iteration: bool | None = None
    ) -> Dataset:
        return self._reordered(self._numbers.shuffle(buffer_size, seed, reshuffle_each_iteration))

    def repeat(self, count: int | None = None) -> Dataset:
        return self._reordered(self._numbers.repeat(count))

    def take(self, count: int) -> Dataset:
        return self._reordered(self._numbers.take(count))

    def skip(self, count: int) -> Dataset:
        return self._reordered(self._numbers.skip(count))

    def shard(self, num_shards: int, index: int) -> Dataset:
        return self._reordered(self._numbers.shard(num_shards, index))


def _seed(seed: int | None) -> int:
    from ..random import make_default_seed

    return make_default_seed() if seed is None else int(seed)


def _sliceable(data: Any) -> Any:
    """Tuples and dicts stay; all else, lists too, becomes an array."""
    if isinstance(data, dict):
        return {key: _sliceable(value) for key, value in data.items()}
    return tuple(map(_sliceable, data)) if isinstance(data, tuple) else np.atleast_1d(_to_array(data))


def _owned(leaf: Any) -> Any:
    """A copy of an array: a generator may use the memory of its last element for the next one."""
    return leaf.copy() if isinstance(leaf, np.ndarray) else leaf


def _to_array(leaf: Any) -> np.ndarray:
    from ..models.arrays import to_array

    return to_array(leaf)


def as_element(array: Any) -> Any:
    """Numbers as a tensor, texts as they are."""
    array = np.asarray(array)
    if array.dtype.kind in "OUS":
        return array if array.ndim else array.item()
    return array_to_tensor(array)


def _stack(*leaves: Any) -> Any:
    arrays = [_to_array(leaf) for leaf in leaves]
    if arrays[0].dtype.kind in "OUS":
        return np.array([a.item() if a.ndim == 0 else a for a in arrays], dtype=object)
    shapes = {a.shape for a in arrays}
    if len(shapes) > 1:
        raise ValueError(
            explain(
                "Elements cannot be put into one batch.",
                "elements of one shape",
                f"shapes {sorted(shapes)}",
                "pad or crop them with map() before batch().",
            )
        )
    return as_element(np.stack(arrays))
