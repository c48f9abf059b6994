"""Files of Keras 3: what one library writes the other loads, predicts the same, and trains on with the same slots."""

import zipfile

import h5py
import numpy as np
import pytest
from cases.arrays import make_all
from cases.calls import CALLS
from cases.layers import FUNCTIONS, LAYERS
from cases.optimizers import OPTIMIZERS, Inner, Row
from cases.optimizers import make as make_optimizer

import lamina


def close(ours, theirs, what=""):
    ours, theirs = lamina.tree.flatten(ours), lamina.tree.flatten(theirs)
    assert len(ours) == len(theirs)
    for mine, wanted in zip(ours, theirs):
        wanted = np.asarray(wanted)
        scale = max(1.0, float(np.abs(wanted).max(initial=0.0)))
        np.testing.assert_allclose(np.asarray(mine), wanted, rtol=2e-5, atol=5e-6 * scale, err_msg=what)


def vary(model):
    """Weights that no two layers share, so that mixed up ones show."""
    rng = np.random.default_rng(5)
    for variable in model.weights:
        if str(variable.dtype).startswith("float"):
            variable.assign(rng.uniform(0.1, 0.6, variable.shape))


def paths(file):
    """The arrays of the weights in a file, with their shapes."""
    found = {}

    def note(name, item):
        if isinstance(item, h5py.Dataset):
            found[name] = item.shape

    with h5py.File(file) as f:
        f.visititems(note)
    return found


def unpack(path):
    with zipfile.ZipFile(path) as archive:
        return archive.open("model.weights.h5")


# Equalization gives back the symbolic input itself there, of which Keras loads no graph.
ROWS = [case for case in LAYERS if case.parity and case.layer != "Equalization"]
FIRST = list({case.layer: case for case in reversed(ROWS)}.values())


# Layers without weights are not computed in Keras, and neither are these: other tests here and of layers do it.
SLOW_THERE = ("LSTM", "GRU", "RNN", "Bidirectional", "Cell")


@pytest.mark.parametrize("case", FIRST, ids=lambda case: case.layer)
def test_every_layer(case, keras, tmp_path):
    arrays = make_all(case.inputs, seed=case.seed)
    inputs = [lamina.Input(a.shape[1:], batch_size=len(a), dtype=str(a.dtype)) for a in arrays]
    ours = lamina.Model(inputs, case.make(lamina.layers)(*case.arguments(inputs)))
    vary(ours)
    expected = ours(arrays)
    ours.save(tmp_path / "ours.keras")
    theirs = keras.saving.load_model(tmp_path / "ours.keras", custom_objects=FUNCTIONS)
    close(ours.weights, theirs.weights, "weights")
    if ours.weights and not any(part in case.layer for part in SLOW_THERE):
        close(expected, theirs(arrays), "theirs, from our file")
    theirs.save(tmp_path / "theirs.keras")
    assert paths(unpack(tmp_path / "ours.keras")) == paths(unpack(tmp_path / "theirs.keras"))
    again = lamina.saving.load_model(tmp_path / "theirs.keras", custom_objects=FUNCTIONS)
    close(again(arrays), expected, "ours, from their file")


# Functions whose results are no tensors of a graph, that take functions without a name, or that Keras cannot rebuild.
NOT_IN_FILES = {
    *("bincount", "unique", "nonzero", "convert_to_numpy", "arange", "eye", "hanning", "linalg.jvp", "kaiser", "cond"),
    *("switch", "map", "vectorized_map", "associative_scan", "custom_gradient", "scan", "fori_loop", "while_loop"),
    *("hstack", "conv_transpose", "adaptive_max_pool", "adaptive_average_pool", "image.extract_patches_3d"),
}
CALLED = {row.name: row for row in reversed(CALLS) if row.parity and row.inputs and row.name not in NOT_IN_FILES}


@pytest.mark.parametrize("part", range(4))
def test_every_function_in_a_graph(part, keras):
    for row in list(CALLED.values())[part::4]:
        arrays = row.arrays()
        inputs = [lamina.Input(a.shape[1:], batch_size=len(a), dtype=str(a.dtype)) for a in arrays]
        ours = lamina.Model(inputs, row(lamina.ops, *inputs))
        theirs = keras.models.model_from_json(ours.to_json())
        again = lamina.models.model_from_json(theirs.to_json())
        close(again(arrays), [t.numpy() for t in lamina.tree.flatten(ours(arrays))], row.id)


# Training goes on.


def stack(library):
    return library.Sequential(
        [
            library.Input((4,)),
            library.layers.Dense(6, activation="relu", kernel_regularizer="l2"),
            library.layers.BatchNormalization(),
            library.layers.Dense(3),
        ]
    )


def graph(library):
    """Shared and nested layers, functions, a recurrent layer, two inputs in a dict and two outputs."""
    k = library.layers
    a, b = library.Input((4,), name="a"), library.Input((4,), name="b")
    shared = k.Dense(4, activation="tanh", name="shared")
    z = library.Input((4,), name="z")
    inner = library.Model(z, [k.Dense(3)(z), z * 2.0], name="inner")
    h, same = inner(shared(a))
    h2, _ = inner(shared(b))
    steps = k.Reshape((2, 2))(same[:, ::-1])
    deep = library.Sequential([k.GRU(3), k.Dense(3)], name="deep")
    end = library.ops.concatenate([h + h2, deep(steps)], axis=-1)
    return library.Model({"a": a, "b": b}, [k.Dense(3, name="x")(end), k.Dense(3, name="y")(h)])


def own(library):
    """A class with layers in attributes, lists and dicts, and a weight of its own."""

    class Block(library.layers.Layer):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.units = units
            self.zeroth = library.layers.Dense(units, activation="tanh")
            self._hidden = [library.layers.Dense(units), [library.layers.Dense(units)]]

        def build(self, input_shape):
            self.scale = self.add_weight((1,), "ones", name="scale")

        def call(self, x):
            return self._hidden[1][0](self._hidden[0](self.zeroth(x))) * self.scale

        def get_config(self):
            return {**super().get_config(), "units": self.units}

    class Net(library.Model):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.blocks = [Block(4), Block(4)]
            self.ways = {"one": library.layers.Dense(3), "two": Block(3)}
            self.again = self.blocks[0]

        def call(self, x):
            x = self.again(self.blocks[1](self.blocks[0](x)))
            return self.ways["one"](x) + self.ways["two"](x)

        def get_config(self):
            return {"name": self.name}

    model = Net()
    model(np.zeros((2, 4), "float32"))
    model.custom_objects = {"Net": Net, "Block": Block}
    return model


def data(name, rng):
    x = rng.normal(size=(5, 4)).astype("float32")
    y = rng.normal(size=(5, 3)).astype("float32")
    return ({"a": x, "b": -x}, [y, y]) if name == "graph" else (x, y)


def schedule(library):
    return library.optimizers.schedules.ExponentialDecay(0.05, 3, 0.9, staircase=True)


RUNS = {
    "stack": (stack, lambda k: k.optimizers.Adam(0.02)),
    "graph": (graph, lambda k: k.optimizers.SGD(schedule(k), momentum=0.9, nesterov=True)),
    "own": (own, lambda k: k.optimizers.AdamW(0.02, use_ema=True, clipnorm=1.0)),
}


def passed_on(model, made, path, library):
    """The model as another library reads it from what the first wrote."""
    if path.suffixes == [".keras"]:
        model.save(path)
        return library.saving.load_model(path, custom_objects=getattr(made, "custom_objects", None))
    model.save_weights(path, **({"max_shard_size": 2e-7} if path.suffix == ".json" else {}))
    made.load_weights(path)
    return made


@pytest.mark.parametrize(
    ("name", "ending"),
    [*((name, ".keras") for name in RUNS), ("stack", ".weights.json")],
)
def test_training_goes_on(name, ending, keras, tmp_path, rng):
    """From here to Keras and back: after each step the same loss, also of the slots."""
    make, optimizer = RUNS[name]

    def built(library):
        model = make(library)
        losses = [library.losses.Huber(), "mse"] if name == "graph" else library.losses.Huber()
        model.compile(optimizer(library), losses, metrics=None)
        model.optimizer.build(model.trainable_variables)
        return model

    def go_on(model, other, steps):
        close(model.predict_on_batch(x), other.predict_on_batch(x))
        for mine, wanted in zip(model.optimizer.variables, other.optimizer.variables, strict=True):
            close(np.asarray(mine), np.asarray(wanted), mine.path)
        model.reset_metrics()
        other.reset_metrics()
        for step in range(steps):
            found, wanted = model.train_on_batch(x, y), other.train_on_batch(x, y)
            np.testing.assert_allclose(found, wanted, rtol=2e-4, err_msg=f"step {step}")

    x, y = data(name, rng)
    model = built(lamina)
    for _ in range(2):
        model.train_on_batch(x, y)
    theirs = passed_on(model, built(keras), tmp_path / f"ours{ending}", keras)
    go_on(theirs, model, 10)
    again = passed_on(theirs, built(lamina), tmp_path / f"theirs{ending}", lamina)
    go_on(again, theirs, 10)


# In a loaded model paths begin with the layer: a pattern that names the model or the beginning chooses others.
BY_WEIGHT = Inner(
    "OptimizerMap", {"default_optimizer": Inner("SGD", {}), "optimizer_map": {".*kernel": Inner("Adam", {})}}
)


@pytest.mark.parametrize(
    "row",
    [*(r for r in OPTIMIZERS if r.name != "MultiOptimizer"), Row("MultiOptimizer", {"optimizer_map": BY_WEIGHT})],
    ids=lambda row: row.id,
)
def test_slots(row, keras, tmp_path):
    """Each variable of an optimizer finds its own value in the file, both ways."""

    def compiled_model(library):
        model = library.Sequential([library.Input((3,)), library.layers.Dense(2, name="v1")])
        model.compile(make_optimizer(library, row), "mse")
        model.optimizer.build(model.trainable_variables)
        return model

    for first, second in ((keras, lamina), (lamina, keras)):
        model = compiled_model(first)
        rng = np.random.default_rng(3)
        for variable in model.optimizer.variables:
            variable.assign(rng.integers(1, 99, variable.shape))  # some are whole numbers in one of the libraries
        model.save(tmp_path / "m.keras")
        loaded = second.saving.load_model(tmp_path / "m.keras")
        for mine, wanted in zip(loaded.optimizer.variables, model.optimizer.variables, strict=True):
            if "u_product" not in (mine.name, wanted.name):  # which has no name of its own in Keras
                assert mine.name.split("v1_")[-1] == wanted.name.split("v1_")[-1]
            close(np.asarray(mine), np.asarray(wanted), mine.path)


@pytest.mark.parametrize("name", ["ResNet50", "MobileNetV2", "EfficientNetB0"])
def test_applications(name, keras, tmp_path, monkeypatch, rng):
    """The nets of `keras.applications`, with numbers that keep their outputs in a range."""
    if name == "EfficientNetB0" and not hasattr(lamina.layers, "Normalization"):
        pytest.skip("it begins with a layer of preprocessing")

    def draw(self, shape, dtype=None):
        return rng.normal(size=shape).astype("float32") * (1.5 / max(1, np.prod(shape[:-1]))) ** 0.5

    monkeypatch.setattr(keras.initializers.VarianceScaling, "__call__", draw)  # faster than those that are compiled
    theirs = getattr(keras.applications, name)(weights=None, input_shape=(32, 32, 3), classes=5)
    for variable in theirs.weights:
        if len(variable.shape) == 1:
            variable.assign(rng.uniform(0.5, 1.5, variable.shape))
    theirs.save(tmp_path / "theirs.keras")
    ours = lamina.saving.load_model(tmp_path / "theirs.keras")
    x = rng.normal(size=(2, 32, 32, 3)).astype("float32")
    expected = theirs.predict_on_batch(x)
    assert expected.std() > 0.01
    close(ours.predict_on_batch(x), expected)
    ours.save_weights(tmp_path / "ours.weights.h5")
    before = [v.numpy() for v in theirs.weights[:9]]
    theirs.set_weights([np.zeros(v.shape) for v in theirs.weights])
    theirs.load_weights(tmp_path / "ours.weights.h5")
    close([np.asarray(v) for v in theirs.weights[:9]], before)


def test_quantized_layers(keras, tmp_path):
    """Scales stand in the order of the axes of outputs there, of kernels here."""
    x = np.arange(10).reshape(2, 5) % 7

    def make(library):
        k = library.layers
        given = library.Input((5,), dtype="int32")
        h = k.EinsumDense("abc,dce->abed", (None, 3, 2), bias_axes="e")(k.Embedding(7, 4)(given))
        model = library.Model(given, k.Dense(3)(h))
        vary(model)
        model.quantize("int8")
        return model

    for first, second in ((keras, lamina), (lamina, keras)):
        model = make(first)
        model.save(tmp_path / "m.keras")
        close(second.saving.load_model(tmp_path / "m.keras")(x), model(x))
        other = make(second)
        model.save_weights(tmp_path / "m.weights.h5")
        other.load_weights(tmp_path / "m.weights.h5")
        close(other(x), model(x))
