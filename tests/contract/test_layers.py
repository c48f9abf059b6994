"""What every layer has to do, whatever it computes: the contract of DESIGN 8."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from cases.arrays import make_all
from cases.layers import FUNCTIONS, LAYERS, TEXTS, Case
from helpers import assert_gradients_close, numeric_gradient, some_entries

import lamina
from lamina import layers, ops

FIRST = list({case.layer: case for case in reversed(LAYERS)}.values())[::-1]
EACH = pytest.mark.parametrize("case", LAYERS, ids=lambda case: case.id)
ONE_EACH = pytest.mark.parametrize("case", FIRST, ids=lambda case: case.layer)


@pytest.fixture(autouse=True)
def _functions():
    with lamina.saving.custom_object_scope(FUNCTIONS):
        yield


def make(case: Case, **more):
    return case.make(layers, **more)


def nest(values):
    return values[0] if len(values) == 1 else list(values)


def arrays_of(case: Case, dtype: str = "float32"):
    return make_all(case.inputs, dtype, seed=case.seed)


def symbolic_inputs(case: Case, arrays, unknown=()):
    return [
        layers.Input(
            tuple(None if i == 0 and axis in unknown else n for axis, n in enumerate(a.shape) if axis),
            dtype=str(a.dtype),
        )
        for i, a in enumerate(arrays)
    ]


def numpy_of(tensors):
    return [t.numpy() for t in lamina.tree.flatten(tensors)]


def test_every_layer_has_a_row():
    public = {cls.__name__ for cls in layers.NAMESPACE.objects.values()} - {"Layer", "InputLayer", "Wrapper"}
    # Cells stand inside of the layers that run them.
    assert public == {row.layer for case in [*LAYERS, *TEXTS] for row in (case, *case.inside())} | {"AbstractRNNCell"}


@EACH
def test_config_round_trip(case):
    layer = make(case)
    config = layer.get_config()
    record = json.loads(json.dumps(layers.serialize(layer)))
    for again in (type(layer).from_config(config), layers.deserialize(record)):
        assert type(again) is type(layer)
        assert again.get_config() == config
    assert type(layer).__name__ in repr(layer)


@EACH
def test_symbols_and_traces_agree_with_data(case):
    arrays = arrays_of(case)
    layer = make(case)
    eager = numpy_of(layer(*case.arguments([ops.convert_to_tensor(a) for a in arrays]), training=False))
    for unknown in {(), case.unknown}:
        inputs = symbolic_inputs(case, arrays, unknown)
        output = layer(*case.arguments(inputs))
        for symbol, value in zip(lamina.tree.flatten(output), eager):
            assert symbol.dtype == str(value.dtype)
            assert symbol.shape[0] is None
            assert symbol.ndim == value.ndim
            assert all(a in (None, b) for a, b in zip(symbol.shape, value.shape))
            if not unknown:
                assert symbol.shape[1:] == value.shape[1:]
        model = lamina.Model(nest(inputs), output)
        for traced, value in zip(lamina.tree.flatten(model.predict(nest(arrays), verbose=0)), eager):
            np.testing.assert_allclose(traced, value, rtol=1e-6, atol=1e-6)
    shapes = [(None, *a.shape[1:]) for a in arrays]
    if str(arrays[0].dtype) == "float32":
        assert layer.compute_output_shape(*case.arguments(shapes)) == (None, *eager[0].shape[1:])


def states(layer):
    return [generator.state for part in layer._flatten_layers() for generator in part._seed_generators()]


@EACH
def test_gradients_against_central_differences(case):
    # The corrections of these are taken as constants by definition.
    training = not case.kwargs.get("renorm", False) and case.layer != "SpectralNormalization"
    arrays = arrays_of(case, "float64")
    layer = make(case, dtype="float64")
    first = layer(*case.arguments([ops.convert_to_tensor(a) for a in arrays]), training=False)
    weights = [v.numpy() for v in layer.weights]
    cotangent = np.random.default_rng(2).normal(size=first.shape)
    start = [state.numpy() for state in states(layer)]

    def forward(values):
        for variable, value in zip(layer.weights, values[len(arrays) :]):
            variable.assign(value)
        for state, value in zip(states(layer), start):
            state.assign(value)
        tensors = [t if isinstance(t, lamina.KerasTensor) else ops.convert_to_tensor(t) for t in values[: len(arrays)]]
        return layer(*case.arguments(tensors), training=training)

    def value(values):
        return float((forward(values).numpy() * cotangent).sum())

    everything = [*arrays, *weights]
    tensors = [ops.convert_to_tensor(a) for a in arrays]
    for variable, array in zip(layer.weights, weights):
        variable.assign(array)
    with lamina.GradientTape() as tape:
        tape.watch(tensors)
        output = forward([*tensors, *weights])
        target = ops.sum(output * ops.convert_to_tensor(cotangent))
    trainable = {id(v) for v in layer.trainable_weights}
    sources = [*tensors, *layer.weights]
    wanted = [
        i for i, s in enumerate(sources) if everything[i].dtype == "float64" and (i < len(arrays) or id(s) in trainable)
    ]
    gradients = tape.gradient(target, [sources[i] for i in wanted])
    for i, gradient in zip(wanted, gradients):
        entries = some_entries(everything[i], 8)
        expected = numeric_gradient(value, everything, i, entries)
        if gradient is None:  # what goes up in steps
            assert not np.any(expected), f"no gradient for {sources[i]}"
            continue
        assert_gradients_close(gradient.numpy(), expected, entries, f"source {i}")


def trained_model(case: Case, arrays):
    inputs = symbolic_inputs(case, arrays)
    output = layers.Dense(2, name="head")(make(case, name="subject")(*case.arguments(inputs)))
    model = lamina.Model(nest(inputs), output)
    model.compile(lamina.optimizers.SGD(0.1, momentum=0.5), "mse")
    return model


@ONE_EACH
def test_fits_and_survives_a_file(case, tmp_path):
    arrays = arrays_of(case)
    model = trained_model(case, arrays)
    before = [v.numpy() for v in model.trainable_weights]
    targets = np.random.default_rng(1).normal(size=(len(arrays[0]), *model.output_shape[1:])).astype("float32")
    history = model.fit(nest(arrays), targets, batch_size=2, epochs=2, verbose=0, shuffle=False)
    assert np.isfinite(history.history["loss"]).all()
    assert any(not np.array_equal(a, v.numpy()) for a, v in zip(before, model.trainable_weights))
    model.save(tmp_path / "model.lamina")
    loaded = lamina.models.load_model(tmp_path / "model.lamina")
    np.testing.assert_array_equal(loaded.predict(nest(arrays), verbose=0), model.predict(nest(arrays), verbose=0))
    for one, other in zip(model.weights, loaded.weights):
        np.testing.assert_array_equal(one.numpy(), other.numpy())
    again = [m.fit(nest(arrays), targets, batch_size=2, epochs=1, verbose=0, shuffle=False) for m in (model, loaded)]
    assert again[0].history == again[1].history


# The correction of `renorm` is made of the moments of the batch: of nothing they are no numbers.
@pytest.mark.parametrize("case", [case for case in LAYERS if "renorm" not in case.kwargs], ids=lambda case: case.id)
def test_no_samples_at_all(case):
    tensors = [ops.convert_to_tensor(a[:0]) for a in arrays_of(case)]
    layer = make(case)
    with lamina.GradientTape() as tape:
        output = layer(*case.arguments(tensors), training=True)
        total = ops.sum(output)
    assert output.shape[0] == 0
    assert float(total.numpy()) == 0.0
    for gradient in tape.gradient(total, list(layer.trainable_weights)):
        assert not gradient.numpy().any()


@ONE_EACH
def test_dtypes(case):
    for dtype in ("float32", "float64"):
        for given in ("float32", "float64"):
            output = make(case, dtype=dtype)(*case.arguments(arrays_of(case, given)))
            assert output.dtype == dtype
    assert all(v.dtype == "float32" for v in make(case).weights)


@EACH
@pytest.mark.parametrize("policy", ["float16", "bfloat16", "mixed_float16", "mixed_bfloat16"])
def test_16_bit_floats(case, policy):
    """The outputs have the dtype, and are those of float32 weights but for the rounding."""
    arrays = arrays_of(case)
    layer = make(case, dtype=policy)
    with lamina.GradientTape() as tape:
        output = layer(*case.arguments(arrays), training=False)
        total = ops.sum(output)
    dtype = policy.removeprefix("mixed_")
    assert output.dtype == dtype
    assert all(gradient is not None for gradient in tape.gradient(total, list(layer.trainable_weights)))
    weights = [ops.cast(w, "float32").numpy() for w in layer.weights]
    exact = make(case)
    exact(*case.arguments(arrays), training=False)
    exact.set_weights(weights)
    expected = exact(*case.arguments(arrays), training=False).numpy()
    precision = 4e-3 if dtype == "float16" else 3e-2
    found = ops.cast(output, "float32").numpy()
    np.testing.assert_allclose(found, expected, atol=precision * max(1.0, np.abs(expected).max(initial=0.0)))


@pytest.mark.parametrize(
    "case",
    [c for c in FIRST if c.layer not in ("Embedding", "ReversibleEmbedding", "Masking")],
    ids=lambda case: case.layer,
)
def test_masks(case):
    tensors = [ops.convert_to_tensor(a) for a in arrays_of(case)]
    masks = []
    for tensor in tensors:
        shape = tensor.shape if case.layer == "Softmax" else tensor.shape[:-1]
        if "LSTM" in case.layer:  # one entry for each step, whatever a step is
            shape = tensor.shape[:2]
        masks.append(np.arange(np.prod(shape)).reshape(shape) % 3 != 1)
        tensor._keras_mask = ops.convert_to_tensor(masks[-1])
    layer = make(case)
    assert layer.supports_masking == case.masks
    if not case.masks:
        with pytest.warns(UserWarning, match="mask"):
            output = layer(*case.arguments(tensors))
        assert getattr(output, "_keras_mask", None) is None
        return
    found = getattr(layer(*case.arguments(tensors)), "_keras_mask", None)
    if case.layer in ("GlobalAveragePooling1D", "Dot"):
        assert found is None
    elif len(tensors) == 1 or "Attention" in case.layer:  # the query's
        np.testing.assert_array_equal(found.numpy(), masks[0])
    elif case.layer == "Concatenate":
        np.testing.assert_array_equal(found.numpy(), masks[0] | masks[1])
    else:
        np.testing.assert_array_equal(found.numpy(), np.logical_or.reduce(masks))
