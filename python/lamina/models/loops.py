"""The loops behind fit, evaluate and predict.

The engine runs many steps at a time, so many that a crossing from Python takes about `_CROSSING` seconds: then Ctrl-C
and the progress bar get their turn. Callbacks that want each batch get each batch, at the price of a crossing per step.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import numpy as np

from .. import config, tree
from ..callbacks import CallbackList, make_list
from ..checks import explain
from ..data.ahead import ReadAhead, Stretch, single
from ..data.batches import Batches
from ..data.rows import Rows
from . import arrays, resuming
from .arrays import Data
from .order import Order
from .place import Place
from .programs import data_key, flat_logs

_CROSSING = 0.2


class _Pace:
    """How many steps to run at once, learnt from how long the last ones took."""

    def __init__(self) -> None:
        self._per_step = 0.0

    def steps(self, left: int) -> int:
        """At most `left`; one as long as nothing is known."""
        if self._per_step <= 0.0:
            return min(left, 1)
        return max(1, min(left, int(_CROSSING / self._per_step)))

    def note(self, steps: int, seconds: float) -> None:
        self._per_step = seconds / steps if self._per_step <= 0.0 else 0.5 * (self._per_step + seconds / steps)


def _floats(logs: dict[str, Any]) -> dict[str, Any]:
    """Logs as Python floats (arrays where a metric has several values), sorted by name as in Keras."""

    def plain(value: Any) -> Any:
        array = np.asarray(value.numpy() if hasattr(value, "numpy") else value)
        return float(array) if array.ndim == 0 else array.tolist()

    flat = flat_logs(logs)
    return {name: plain(flat[name]) for name in sorted(flat)}


def _results(model: Any, own_logs: dict[str, Any] | None) -> dict[str, Any]:
    """What is logged now: what an overridden step returned, else the metrics."""
    if own_logs is not None:
        return _floats(own_logs)
    if model.run_eagerly:
        return _floats(model.get_metrics_result())
    step = model._step("results")
    return _floats(dict(zip(step.structure, step.program.run("results", []))))


class _Runner:
    """Runs one kind of step over data, in crossings; remembers the logs of an overridden step."""

    def __init__(
        self, model: Any, entry: str, callbacks: CallbackList, begin: Callable[..., None], end: Callable[..., None]
    ):
        self.model = model
        self.entry = entry
        self.callbacks = callbacks
        self._begin = begin
        self._end = end
        self._pace = _Pace()
        self.own_logs: dict[str, Any] | None = None
        self._known: dict[Any, Any] = {}  # steps by the key of their data
        self._own_function = model._own_function("train" if entry == "train_step" else "test")
        self._by_hand = model.run_eagerly or self._own_function is not None
        self.place = Place()
        self._unseen = 0  # batches that no callback has heard of

    def _left(self) -> int | None:
        """After how many batches a callback has to hear of one; None if none has."""
        left = self.callbacks.batches_left(self.entry)
        return None if left is None else max(left - self._unseen, 1)

    def _tell(self, batch: int) -> None:
        self._unseen = 0
        self._end(batch, self.logs())

    def logs(self) -> dict[str, Any]:
        return _results(self.model, self.own_logs)

    def _eager(self, data: Data) -> None:
        self.model._make_ready(data, self.entry == "train_step")
        if self._own_function is not None:
            self.own_logs = self._own_function(iter([arrays.pack_x_y_sample_weight(*data)]))
            return
        step = self.model.train_step if self.entry == "train_step" else self.model.test_step
        logs = step(arrays.pack_x_y_sample_weight(*data))
        self.own_logs = logs if self.model._has_own_step(self.entry) else None
        self.model._clear_losses()

    @property
    def gathers(self) -> bool:
        """Whether several batches may be run at once."""
        return not self._by_hand and not self.callbacks.wants_batches(self.entry)

    def _keep(self, step: Any, outputs: list[Any]) -> None:
        own = self.model._has_own_step(self.entry)
        self.own_logs = dict(zip(sorted(step.structure), outputs)) if own else None

    def batch(self, data: Data) -> None:
        """One step on one batch."""
        self._run(single(data), 0, 1)

    def _run(self, stretch: Stretch, first: int, count: int) -> None:
        """Steps on batches of a stretch."""
        if self._by_hand:
            self._eager(stretch.like)
            return
        step = self._step(stretch.like)
        self._keep(step, step.program.run_batches(self.entry, stretch.leaves, stretch.size, first, count))

    def _pieces(self, stretches: Iterable[Stretch]) -> Iterator[tuple[Stretch, int, int, int | None]]:
        """Stretches in pieces for one crossing each: first batch, number of batches, and what `_left` said."""
        for stretch in stretches:
            first, end = stretch.first, stretch.first + stretch.steps
            while first < end:
                left = self._left()
                steps = min(self._pace.steps(end - first), left or end)
                yield stretch, first, steps, left
                first += steps

    def _step(self, data: Data) -> Any:
        """The step for such data. Nobody can change the model between batches unless callbacks hear of each."""
        key = data_key(data)
        step = self._known.get(key)
        if step is None:
            step = self.model._step(self.entry, data)
            if not self.callbacks.wants_batches(self.entry):
                self._known[key] = step
        return step

    def over_arrays(
        self, data: Any, batch_size: int, first: int, count: int, order: Any, done: int, stop: Callable[[], bool]
    ) -> int:
        """`count` batches from batch `first` of the rows taken in `order`; `done` batches of the epoch came before."""
        if isinstance(data, Rows):
            batches = (arrays.batch(data, first + i, batch_size, order) for i in range(count))
            with ReadAhead(batches, lambda batch: batch, self.gathers) as ahead:
                return self.over_batches(ahead, stop, done=done, first=first)
        each = self.callbacks.wants_batches(self.entry)
        eager = self._by_hand
        leaves = data.leaves
        step = None if eager else self.model._step(self.entry, data)
        ran = 0
        while ran < count:
            steps = 1 if each or eager else self._pace.steps(count - ran)
            left = self._left()
            steps = steps if left is None else min(steps, left)
            if each:
                self._begin(done + ran)
            start = time.perf_counter()
            if step is None:
                self._eager(arrays.batch(data, first + ran, batch_size, order))
            else:
                outputs = step.program.run_batches(self.entry, leaves, batch_size, first + ran, steps, order)
                self._keep(step, outputs)
            self._pace.note(steps, time.perf_counter() - start)
            ran += steps
            self.place.batch, self.place.next = done + ran, first + ran
            self._unseen += steps
            due = left is not None and (steps == left or ran == count)
            if each or due or self.callbacks.wants_progress:
                self._tell(done + ran - 1)
            if stop():
                break
        return ran

    def over_batches(
        self,
        batches: Any,
        stop: Callable[[], bool],
        skip: int = 0,
        resume: Any = None,
        done: int = 0,
        first: int | None = None,
    ) -> int:
        """Stretches of batches as they come; the first `skip` batches are done, `resume` is to be restored there.

        `done` batches of the epoch came before; `first` is the number of the first one in the pass over arrays.
        """
        ran = 0
        each = self.callbacks.wants_batches(self.entry)
        self._known.clear()
        last_shown = 0.0
        with closing(batches):
            for stretch, number, steps, left in self._pieces(batches):
                if resume is not None:
                    resuming.restore(self.model, resume, stretch.like)
                    resume = None
                if ran < skip:
                    ran += steps
                    continue
                if each:
                    self._begin(done + ran)
                begun = time.perf_counter()
                self._run(stretch, number, steps)
                now = time.perf_counter()
                self._pace.note(steps, now - begun)
                ran += steps
                self.place.batch = done + ran
                self.place.next = 0 if first is None else first + ran
                self._unseen += steps
                if each or steps == left or (self.callbacks.wants_progress and now - last_shown > 0.05):
                    last_shown = now
                    self._tell(done + ran - 1)
                    if steps == left:  # a callback had its turn
                        self._known.clear()
                if stop():
                    break
        if self._unseen and (self._left() is not None or self.callbacks.wants_count):
            self._tell(done + ran - 1)
        return ran


def fit(
    model: Any,
    source: Any,
    validation: Any,
    *,
    batch_size: int,
    validation_batch_size: int,
    first_epoch: int,
    epochs: int,
    verbose: int,
    callbacks: Any,
    shuffle: bool,
    steps: int | None,
    validation_steps: int | None,
    validation_freq: Any,
) -> Any:
    """The training loop; returns the History."""
    _check_kept_states(model, source, batch_size, steps)
    order = None
    total: int | None
    epochs = config.capped("max_epochs", epochs) or epochs
    if not isinstance(source, Batches):
        order = Order(model, source, batch_size, shuffle)
        total = config.capped("max_steps_per_epoch", steps or order.batches)
    else:
        total = config.capped("max_steps_per_epoch", steps or source.count)
        steps = steps if total == source.count else total
    hooks = make_list(callbacks, model, verbose, epochs=epochs, steps=total, history=True)
    model.stop_training = False
    runner = _Runner(model, "train_step", hooks, hooks.on_train_batch_begin, hooks.on_train_batch_end)
    logs: dict[str, Any] = {}
    drawn = 0  # batches of an iterable in the epochs before
    model._set("_run_callbacks", hooks.callbacks)
    try:
        hooks.on_train_begin()
        resume = resuming.begin_again(model, source, hooks)
        if resume is not None:
            first_epoch, drawn = resume.place.epoch, resume.place.drawn
            if order is not None and not resume.place.batch:
                order.go_to(resume.place.next)
            elif order is None:
                source.read_again(first_epoch, drawn, steps)
        for epoch in range(first_epoch, first_epoch if model.stop_training else epochs):
            if _is_used_up(source, f"training ends after {epoch} epochs"):
                break
            model.reset_metrics()
            hooks.on_epoch_begin(epoch)
            runner.place = Place(epoch, drawn=drawn)
            model._set("_place", runner.place)
            ran = 0
            within, resume = resume if resume is not None and resume.place.batch else None, None
            if order is not None:
                if within is not None:
                    # Once more: the beginning of the epoch may have changed the learning rate.
                    resuming.restore(model, within, resuming.sample(source))
                    order.go_to(within.place.next)
                    ran = within.place.batch
                for first, count, permutation in order.pieces((total or 0) - ran):
                    ran += runner.over_arrays(
                        source, batch_size, first, count, permutation, ran, lambda: model.stop_training
                    )
                    if model.stop_training:
                        break
            else:
                done = 0 if within is None else within.place.batch
                with source.epoch():
                    gather = runner.gathers and within is None
                    batches = source.take(steps, gather)
                    ran = runner.over_batches(batches, lambda: model.stop_training, done, within)
                if not _found_any(ran, source):
                    break
                drawn += ran
            logs = runner.logs()
            if _is_used_up(validation, f"no validation after {epoch} epochs"):
                validation = None
            if validation is not None and _is_due(validation_freq, epoch):
                found = evaluate(model, validation, validation_batch_size, validation_steps, 0, hooks)
                logs = dict(sorted([*logs.items(), *((f"val_{name}", value) for name, value in found.items())]))
            model._set("_place", Place(epoch + 1, next=0 if order is None else order.next, drawn=drawn))
            hooks.on_epoch_end(epoch, logs)
            if model.stop_training:
                break
        if epochs > first_epoch:
            model.optimizer.finalize_variable_values(model.trainable_weights)
        hooks.on_train_end(logs)
    finally:
        hooks.close()
        model._set("_run_callbacks", ())
    return hooks.history


def _is_used_up(source: Any, consequence: str) -> bool:
    return isinstance(source, Batches) and source.is_used_up(consequence)


def _found_any(ran: int, source: Batches) -> bool:
    """Whether there was a batch. ValueError for a source that never gave one."""
    if source.given == 0:
        raise ValueError(
            explain(
                "The data gave no batch.",
                "an iterable of one batch or more",
                "none",
                "pass a new generator: a used one is empty.",
            )
        )
    return ran > 0 or not source.is_used_up("it gave no batch this time")


def _is_due(frequency: Any, epoch: int) -> bool:
    """Whether validation happens after this epoch."""
    return (epoch + 1) % frequency == 0 if isinstance(frequency, int) else epoch + 1 in frequency


def _extent(source: Any, batch_size: int, steps: int | None) -> tuple[int | None, int | None]:
    """How many batches there will be, if that is known, and how many to take at most."""
    sized = not isinstance(source, Batches)
    count: int | None = -(-source.size // batch_size) if sized else source.count
    total = count if steps is None else min(count, steps) if sized and count is not None else steps
    limited = config.capped("max_steps_per_epoch", total)
    return limited, steps if limited == total else limited


def _check_kept_states(model: Any, source: Any, batch_size: int, steps: int | None) -> None:
    """ValueError for batches of other sizes than those that stateful layers keep states for."""
    kept = {state.shape[0] for layer in model._flatten_layers() for state in layer._kept_states()}
    if not kept or isinstance(source, Batches):
        return
    size = source.size if steps is None else min(source.size, steps * batch_size)
    sizes = {min(batch_size, size), size % batch_size or batch_size if size > batch_size else size}
    if sizes != kept:
        raise ValueError(
            explain(
                "The batches do not fit the stateful layers of the model.",
                f"batches of {', '.join(map(str, sorted(kept)))} samples each, as many as have states",
                f"batches of {', '.join(map(str, sorted(sizes)))}: {size} samples, batch_size={batch_size}",
                "pass that batch_size, and a multiple of it as number of samples.",
            )
        )


def evaluate(
    model: Any, source: Any, batch_size: int, steps: int | None, verbose: int, callbacks: Any
) -> dict[str, Any]:
    """Loss and metrics over the data, by name."""
    _check_kept_states(model, source, batch_size, steps)
    total, steps = _extent(source, batch_size, steps)
    within_fit = isinstance(callbacks, CallbackList)
    hooks = callbacks if within_fit else make_list(callbacks, model, verbose, steps=total)
    runner = _Runner(model, "evaluate_step", hooks, hooks.on_test_batch_begin, hooks.on_test_batch_end)
    try:
        hooks.on_test_begin()
        model.reset_metrics()
        if isinstance(source, Batches):
            with source.epoch():
                ran = runner.over_batches(source.take(steps, runner.gathers), lambda: False)
            if not _found_any(ran, source):
                return {}
        else:
            runner.over_arrays(source, batch_size, 0, total or 0, None, 0, lambda: False)
        logs = runner.logs()
        hooks.on_test_end(logs)
    finally:
        if not within_fit:
            hooks.close()
    return logs


def predict(model: Any, source: Any, batch_size: int, steps: int | None, verbose: int, callbacks: Any) -> Any:
    """The outputs for all samples."""
    _check_kept_states(model, source, batch_size, steps)
    total, steps = _extent(source, batch_size, steps)
    hooks = make_list(callbacks, model, verbose, steps=total)
    parts: list[Any] = []  # outputs of successive batches, as nests
    try:
        hooks.on_predict_begin()
        own = model._own_function("predict")
        if isinstance(source, Data) and not model.run_eagerly and own is None:
            size = min(source.size, (total or 0) * batch_size)
            for start, stop in _chunks(hooks, size, batch_size):
                if hooks.wants_batches("predict"):
                    hooks.on_predict_batch_begin(start // batch_size)
                rows = source if (start, stop) == (0, source.size) else source.rows(start, stop)
                step = model._step("predict", rows)
                outputs = step.program.map_batches("predict", rows.leaves, batch_size)
                outputs = tree.pack_sequence_as(step.structure, outputs)
                parts.append(outputs)
                hooks.on_predict_batch_end((stop - 1) // batch_size, {"outputs": outputs})
        else:
            with ExitStack() as stack:
                if isinstance(source, Batches):
                    stack.enter_context(source.epoch())
                    batches: Any = stack.enter_context(closing(source.take(steps)))
                else:
                    in_parts = (arrays.batch(source, i, batch_size, None) for i in range(total or 0))
                    batches = stack.enter_context(ReadAhead(in_parts, lambda batch: batch, False))
                for i, stretch in enumerate(batches):
                    if hooks.wants_batches("predict"):
                        hooks.on_predict_batch_begin(i)
                    data = Data(stretch.like.x)  # the targets of batches for training are of no use here
                    if own is not None:
                        outputs = own(iter([arrays.pack_x_y_sample_weight(data.x)]))
                    elif model.run_eagerly:
                        outputs = model.predict_step(arrays.pack_x_y_sample_weight(data.x))
                    else:
                        outputs = model._step("predict", data).run(data.leaves)
                    parts.append(outputs)
                    hooks.on_predict_batch_end(i, {"outputs": outputs})
            if isinstance(source, Batches):
                _found_any(len(parts), source)
        hooks.on_predict_end()
    finally:
        hooks.close()
    if len(parts) == 1:
        return tree.map_structure(lambda t: np.array(t.numpy()), parts[0])
    return tree.map_structure(lambda *ts: np.concatenate([t.numpy() for t in ts]), *parts)


def _chunks(hooks: CallbackList, size: int, batch_size: int) -> Iterator[tuple[int, int]]:
    """Row ranges of whole batches, each as long as a crossing should take; one batch when callbacks ask for that."""
    pace = _Pace()
    start = 0
    while start < size:
        left = -(-(size - start) // batch_size)
        steps = 1 if hooks.wants_batches("predict") else pace.steps(left)
        if steps == 1 and start == 0 and left <= 64 and not hooks.wants_batches("predict"):
            steps = left  # few batches: not worth a look at the clock
        stop = min(size, start + steps * batch_size)
        begun = time.perf_counter()
        yield start, stop
        pace.note(steps, time.perf_counter() - begun)
        start = stop


def run_one(model: Any, entry: str, data: Data) -> dict[str, Any]:
    """One step outside of a loop; returns the logs."""
    runner = _Runner(model, entry, CallbackList(), _ignore, _ignore)
    runner.batch(data)
    return runner.logs()


def step_function(model: Any, kind: str) -> Callable[[Iterator[Any]], Any]:
    """A function of an iterator that runs one step on its next batch."""

    def run(iterator: Iterator[Any]) -> Any:
        x, y, sample_weight = arrays.unpack_x_y_sample_weight(next(iterator))
        if kind == "predict":
            return model._prediction(arrays.prepare(x))
        entry = "train_step" if kind == "train" else "evaluate_step"
        return run_one(model, entry, arrays.prepare(x, y, sample_weight))

    return run


def _ignore(*args: Any) -> None:
    """For loops without callbacks."""
