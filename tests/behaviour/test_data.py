"""Data in all forms reach fit, evaluate and predict in order, ahead of time, and without loss."""

import itertools
import multiprocessing
import threading
import traceback
from contextlib import closing

import numpy as np
import pytest
from cases.numbered import Numbered, X, Y

import lamina
from lamina import layers, ops
from lamina.data import Dataset, Prefetch, PyDataset
from lamina.data import batches as batches_module
from lamina.data.batches import Batches


def make(metrics=None):
    lamina.utils.set_random_seed(3)
    model = lamina.Sequential([lamina.Input((4,)), layers.Dense(1)])
    model.compile("sgd", "mse", metrics=metrics)
    return model


def weights(*arguments, **keywords):
    model = make()
    model.fit(*arguments, verbose=0, **keywords)
    return np.concatenate([w.ravel() for w in model.get_weights()])


class Endless(Numbered):
    __len__ = None
    num_batches = None

    def __getitem__(self, i):
        return super().__getitem__(i % 6)


class Loader:
    """What a PyTorch DataLoader looks like from outside: iterable, with a length, and batches as lists."""

    class Tensor:
        def __init__(self, array):
            self.array = array

        def detach(self):
            return self

        cpu = detach

        def numpy(self):
            return self.array

    def __len__(self):
        return 6

    def __iter__(self):
        return ([self.Tensor(a) for a in Numbered()[i]] for i in range(6))


def batches(count=6):
    return (Numbered()[i % 6] for i in range(count))


@pytest.fixture(autouse=True, params=[0.0, 1e9], ids=["ahead", "on demand"])
def _no_thread_survives(request, monkeypatch):
    """All stories with batches made ahead by a thread, and without: no thread is left."""
    monkeypatch.setattr(batches_module, "WORTH_A_THREAD", request.param)
    before = set(threading.enumerate())
    yield
    assert not set(threading.enumerate()) - before


@pytest.fixture
def expected():
    return weights(X, Y, batch_size=4, epochs=2, shuffle=False)


@pytest.mark.parametrize(
    ("source", "keywords"),
    [
        (lambda: batches(12), {"steps_per_epoch": 6}),
        (lambda: itertools.cycle(list(batches())), {"steps_per_epoch": 6}),
        (lambda: list(batches()).__iter__(), None),
        (lambda: Dataset.from_tensor_slices((X, Y)).batch(4), {}),
        (lambda: Dataset.from_tensor_slices((X, Y)).batch(4).repeat(2), {"steps_per_epoch": 6}),
        (lambda: Dataset.from_generator(batches).prefetch(1), {}),
        (Loader, {}),
        (Numbered, {}),
        (Numbered, {"steps_per_epoch": 3, "epochs": 4}),
        (lambda: Numbered(workers=2), {}),
        (Endless, {"steps_per_epoch": 6}),
        (lambda: Endless(workers=2, max_queue_size=2), {"steps_per_epoch": 6}),
    ],
)
def test_every_source_of_batches_is_like_arrays(source, keywords, expected):
    if keywords is None:  # a generator that ends: two calls
        model = make()
        for _ in range(2):
            model.fit(source(), shuffle=False, verbose=0)
        got = np.concatenate([w.ravel() for w in model.get_weights()])
    else:
        got = weights(source(), shuffle=False, **{"epochs": 2, **keywords})
    np.testing.assert_array_equal(got, expected)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_processes_give_the_same(expected):
    method = multiprocessing.get_start_method()
    multiprocessing.set_start_method("spawn", force=True)  # JAX, of other tests, forbids forks
    try:
        data = Numbered(workers=1, use_multiprocessing=True)
        np.testing.assert_array_equal(weights(data, epochs=2, shuffle=False), expected)
    finally:
        multiprocessing.set_start_method(method, force=True)
    assert (data.begun, data.ended, data.read) == (2, 2, [])  # read in the other process


def test_numbered_batches_are_shuffled_by_seed_and_epoch():
    data = Numbered()
    model = make()
    seed = int(model._sampler[0].value.item())
    model.fit(data, epochs=2, verbose=0)
    orders = [lamina._core.permutation(6, seed, epoch).numpy().tolist() for epoch in range(2)]
    assert data.read == [*orders[0], *orders[1]]
    assert (data.begun, data.ended) == (2, 2)
    model.evaluate(data, verbose=0)
    assert model.predict(data, verbose=0).shape == (24, 1)
    assert data.read[12:] == 2 * list(range(6))


def test_arrays_that_are_read_in_parts(tmp_path):
    import h5py
    import scipy.sparse

    wide = np.lib.format.open_memmap(tmp_path / "x.npy", mode="w+", dtype="float64", shape=X.shape)
    wide[:] = X
    with h5py.File(tmp_path / "x.h5", "w") as file:
        table = file.create_dataset("x", data=X)
        for x in (wide, table, scipy.sparse.csc_matrix(X)):
            keywords = {"batch_size": 5, "epochs": 2, "validation_split": 0.25, "class_weight": {0: 0.5}}
            np.testing.assert_array_equal(weights(x, Y, **keywords), weights(X, Y, **keywords))
            model = make()
            np.testing.assert_array_equal(model.predict(x, verbose=0), model.predict(X, verbose=0))
            assert model.evaluate(x, Y, verbose=0) == pytest.approx(model.evaluate(X, Y, verbose=0))
            model.fit(x, Y, verbose=0, callbacks=[lamina.callbacks.LambdaCallback(on_train_batch_end=print)])
    with pytest.raises(ValueError, match="different numbers of samples"):
        make().fit(wide, Y[:3])


def test_mapped_arrays_the_engine_can_use_are_not_copied(tmp_path):
    from lamina.data.rows import collect

    mapped = np.lib.format.open_memmap(tmp_path / "x.npy", mode="w+", dtype="float32", shape=(8, 4))
    mapped[:] = 1
    data = collect(mapped)
    assert np.shares_memory(data.x.numpy(), mapped)
    assert np.shares_memory(data.part(2, 4).x.numpy(), mapped)


def test_only_the_rows_of_a_batch_are_read():
    class Table:
        """A file with a million rows."""

        shape, dtype, chunks = (10**6, 10**4), np.dtype("float32"), True
        read = 0

        def __getitem__(self, rows):
            count = len(range(*rows.indices(10**6))) if isinstance(rows, slice) else len(rows)
            Table.read += count
            return np.ones((count, 4), "float32")

        def __array__(self, dtype=None, copy=None):
            raise AssertionError("copied as a whole")

    make().fit(Table(), np.ones((10**6, 1), "bool"), batch_size=8, steps_per_epoch=3, verbose=0)
    assert Table.read == 24


def test_tables():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=list("abcd"))
    labels = pandas.Series(Y[:, 0], name="y")
    np.testing.assert_array_equal(weights(frame, labels), weights(X, Y))
    np.testing.assert_array_equal(weights(frame.astype({"a": "float64"}), labels > 0), weights(X, Y > 0))
    mixed = pandas.DataFrame({"a": [True, False], "b": [1, 2], "c": [0.5, 1], "d": [1, 1]})
    assert make().predict(mixed, verbose=0).shape == (2, 1)
    with pytest.raises(TypeError, match="holds no numbers"):
        make().predict(mixed.assign(d=["1", "2"]))


@pytest.mark.parametrize("as_batches", [False, True])
def test_class_weights_with_any_data(as_batches):
    weighted = weights(X, Y, sample_weight=np.where(Y[:, 0] == 1, 3.0, 1.0), batch_size=4, shuffle=False)
    data = (list(batches()).__iter__(),) if as_batches else (X, Y)
    got = weights(*data, class_weight={1: 3.0}, shuffle=False, **({} if as_batches else {"batch_size": 4}))
    np.testing.assert_array_equal(got, weighted)


def test_a_generator_that_ends_stops_training():
    model = make()
    with pytest.warns(UserWarning, match="training ends after 1 epochs"):
        history = model.fit(batches(), epochs=3, verbose=0)
    assert history.epoch == [0]
    with pytest.warns(UserWarning, match="ended after 2 of 4"):
        history = make().fit(batches(6), epochs=5, steps_per_epoch=4, verbose=0)
    assert history.epoch == [0, 1]
    with pytest.warns(UserWarning, match="no batch this time"):
        history = make().fit(batches(6), epochs=5, steps_per_epoch=3, verbose=0)
    assert history.epoch == [0, 1]


def test_a_validation_generator_that_ends():
    with pytest.warns(UserWarning, match="no validation after 1 epochs"):
        history = make().fit(X, Y, validation_data=batches(), epochs=3, verbose=0)
    assert [len(history.history[name]) for name in ("loss", "val_loss")] == [3, 1]
    history = make().fit(X, Y, validation_data=batches(4), validation_steps=2, epochs=2, verbose=0)
    assert len(history.history["val_loss"]) == 2


def test_nothing_of_a_generator_is_lost():
    taken = []

    def count():
        for i, batch in enumerate(batches(100)):
            taken.append(i)
            yield batch

    source = count()
    make().fit(source, steps_per_epoch=4, epochs=3, verbose=0)
    assert taken == list(range(12))
    make().evaluate(source, steps=2, verbose=0)
    make().predict(source, steps=1, verbose=0)
    assert len(taken) == 15


def test_errors_of_a_generator_arrive_with_their_lines():
    def broken():
        yield from batches(2)
        raise KeyError("the disk")

    for call in ("fit", "evaluate", "predict"):
        with pytest.raises(KeyError, match="the disk") as caught:
            getattr(make(), call)(broken(), verbose=0)
        assert "broken" in [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        (([[1.0, 2], [3]], Y[:2]), "rows for input .* differ in length"),
        ((X[:3], Y[:2]), "Batch 1 cannot be used.*different numbers of samples"),
        ((X[:0], Y[:0]), "Batch 1 cannot be used.*empty"),
        ((X, Y, Y, Y), "Batch 1 cannot be used.*not readable"),
        ((X[:2],), "needs labels"),
        (([X, X], Y), "another number of inputs"),
        ((X[:2, :3], Y[:2]), "does not fit"),
        ((np.array(["a", "b"]), Y[:2]), "does not take texts.*TextVectorization"),
    ],
)
def test_bad_batches(bad, text):
    model = make()
    with pytest.raises((ValueError, TypeError), match=f"(?s){text}"):
        model.fit(iter([(X, Y), bad]), verbose=0)
    model.fit(X, Y, verbose=0)  # usable as before


def test_batches_of_any_size_and_without_labels():
    sizes = [3, 1, 8]
    assert make().predict(((X[:n],) for n in sizes), verbose=0).shape == (12, 1)
    assert make().predict((X[:n] for n in sizes), verbose=0).shape == (12, 1)
    make().fit(((X[:n], Y[:n], np.ones(n)) for n in sizes), verbose=0)


@pytest.mark.parametrize("make_source", [iter, lambda found: Dataset.from_generator(lambda: found).prefetch(3)])
def test_generators_may_use_their_memory_again(make_source, expected):
    def batches():
        x, y = np.empty_like(X[:4]), np.empty_like(Y[:4])
        for i in range(12):
            x[...], y[...] = Numbered()[i % 6]
            yield x, y

    got = weights(make_source(batches()), steps_per_epoch=6, epochs=2)
    np.testing.assert_array_equal(got, expected)


def test_batches_of_many_kinds_keep_their_order():
    sizes = [4, 4, 4, 2, 4, 4, 1, 1, 1, 3, *10 * [5], 2, 2, 2, 2]
    kinds = [
        tuple,
        list,
        lambda b: tuple(a.astype("float64") for a in b),
        lambda b: [ops.convert_to_tensor(a) for a in b],
    ]
    rows = np.cumsum([0, *sizes]) % 17
    found = [kinds[i % 7 % 4]((X[a : a + n], Y[a : a + n])) for i, (a, n) in enumerate(zip(rows, sizes))]
    model = make()
    for x, y in found:
        model.train_on_batch(x, y)
    np.testing.assert_array_equal(
        weights((b for b in found), epochs=1), np.concatenate([w.ravel() for w in model.get_weights()])
    )


@pytest.mark.parametrize("class_weight", [None, {0: 2.0}])  # only copied, and prepared
def test_batches_that_are_ready_are_taken_together(class_weight):
    forty = threading.Event()

    def batches():
        for i in range(300):
            yield Numbered()[i % 6]
            if i == 40:
                forty.set()

    source = Batches(batches(), class_weight)
    steps = []
    with closing(source.take(None, gather=True)) as stretches:
        for stretch in stretches:
            for i in range(stretch.first, stretch.first + stretch.steps):
                for leaf, wanted in zip(stretch.leaves, Numbered()[(sum(steps) + i - stretch.first) % 6]):
                    np.testing.assert_array_equal(leaf.numpy()[4 * i : 4 * i + 4], wanted)
            if batches_module.WORTH_A_THREAD == 0.0:
                assert forty.wait(60)
            steps.append(stretch.steps)
    assert sum(steps) == source.given == 300
    assert (max(steps) > 10) == (batches_module.WORTH_A_THREAD == 0.0)


def test_a_generator_may_wait_for_what_it_gave():
    """Such as one that asks the model what to show it next."""
    model = make()
    model.fit(X, Y, steps_per_epoch=1, verbose=0)
    given = int(model.optimizer.iterations)

    def batches():
        nonlocal given
        for i in range(40):
            yield Numbered()[i % 6]
            given += 1
            while int(model.optimizer.iterations) < given:
                threading.Event().wait(1e-3)

    model.fit(batches(), verbose=0)
    assert int(model.optimizer.iterations) == given


def test_what_came_before_an_error_counts(expected):
    def batches():
        yield from (Numbered()[i % 6] for i in range(12))
        raise RuntimeError("the disk is gone")

    model = make()
    with pytest.raises(RuntimeError, match="the disk is gone"):
        model.fit(batches(), verbose=0)
    np.testing.assert_array_equal(np.concatenate([w.ravel() for w in model.get_weights()]), expected)


def test_a_thread_starts_when_it_pays(monkeypatch):
    monkeypatch.setattr(batches_module, "WORTH_A_THREAD", 1e-9)
    places = []

    def where():
        for batch in batches(9):
            places.append(threading.current_thread() is threading.main_thread())
            yield batch

    make().fit(where(), verbose=0)
    assert places[:3] == [True] * 3
    assert places[-1] is False


def test_without_workers_all_is_read_in_one_thread(expected):
    class Here(Numbered):
        def __getitem__(self, i):
            assert threading.current_thread() is threading.main_thread()
            return super().__getitem__(i)

    np.testing.assert_array_equal(weights(Here(workers=0), epochs=2, shuffle=False), expected)


def test_stop_training_in_the_middle_ends_the_thread():
    class Stop(lamina.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = batch == 2

    taken = iter(range(1000))
    make().fit((Numbered()[next(taken) % 6] for _ in iter(int, 1)), callbacks=[Stop()], verbose=0)
    assert next(taken) <= 3 + 3  # no more than two were read ahead


def test_interrupts_end_the_thread():
    class Interrupt(lamina.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make().fit(itertools.cycle([(X, Y)]), callbacks=[Interrupt()], verbose=0)


def test_prefetch_reads_no_more_than_allowed():
    taken = []
    with Prefetch((taken.append(i) or i for i in range(100)), ahead=3) as items:
        assert next(items) == 0
    assert len(taken) <= 4
    with closing(Prefetch([])) as items:
        assert list(items) == []
        assert next(items, None) is None


def test_datasets():
    numbers = Dataset.numbers(10)

    def read(data):
        return [np.asarray(x).tolist() for x in data]

    assert read(numbers.skip(7)) == [7, 8, 9]
    assert read(numbers.take(3).repeat(2).map(lambda x: x + 1, num_parallel_calls=2)) == [1, 2, 3, 1, 2, 3]
    assert read(numbers.filter(lambda x: x % 4 == 0).concatenate([5])) == [0, 4, 8, 5]
    assert read(numbers.batch(4)) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert read(numbers.batch(4, drop_remainder=True).unbatch()) == list(range(8))
    assert read(numbers.shard(3, 1)) == [1, 4, 7]
    assert list(Dataset.zip(numbers.take(2), numbers.skip(2))) == [(0, 2), (1, 3)]
    assert list(numbers.take(2).enumerate(5)) == [(5, 0), (6, 1)]
    lengths = [numbers.batch(4), numbers.batch(4, True), numbers.skip(8), numbers.shard(3, 1), numbers.take(-1)]
    assert [len(d) for d in lengths] == [len(list(d)) for d in lengths]
    assert [d.cardinality() for d in (numbers.repeat(), numbers.filter(bool), numbers.repeat().batch(2))] == [
        -1,
        -2,
        -1,
    ]
    for unknown in (numbers.repeat(), numbers.unbatch()):
        with pytest.raises(TypeError, match="length"):
            len(unknown)
    passes = iter(range(10))
    cached = Dataset.from_generator(lambda: [next(passes)]).cache()
    assert read(cached) == read(cached) == [0]
    with pytest.raises(ValueError, match="one shape"):
        list(Dataset.from_generator(lambda: [np.ones(2), np.ones(3)]).batch(2))
    with pytest.raises(ValueError, match="one length"):
        Dataset.from_tensor_slices((X, Y[:3]))
    with pytest.raises(ValueError, match="files"):
        numbers.cache("x")


def test_shuffled_datasets_depend_on_seed_and_pass():
    for make_data in (
        lambda seed: Dataset.numbers(20, shuffle=True, seed=seed),
        lambda seed: Dataset.numbers(20).shuffle(5, seed=seed),
    ):
        data, same = make_data(3), make_data(3)
        first, second = list(data), list(data)
        assert sorted(first) == sorted(second) == list(range(20))
        assert first != second
        assert [list(same), list(same)] == [first, second]
        assert list(make_data(4)) != first
    fixed = Dataset.numbers(20).shuffle(5, seed=1, reshuffle_each_iteration=False)
    assert list(fixed) == list(fixed)


def test_a_dataset_that_is_not_written():
    class Nothing(PyDataset):
        pass

    with pytest.raises(NotImplementedError, match="num_batches"):
        make().fit(Nothing())
    with pytest.raises(NotImplementedError, match="__getitem__"):
        Nothing()[0]
    for arguments in ({"workers": -1}, {"max_queue_size": 0}):
        with pytest.raises(ValueError, match="PyDataset"):
            PyDataset(**arguments)
