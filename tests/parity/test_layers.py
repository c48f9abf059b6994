"""Every layer against Keras: outputs, moving statistics, losses, gradients of inputs and of weights, configurations."""

import inspect

import numpy as np
import pytest
from cases.arrays import make_all
from cases.layers import FUNCTIONS, LAYERS
from cases.oracle import build_theirs, compiled

import lamina
from lamina import layers, ops

PARITY = [case for case in LAYERS if case.parity]
EACH = pytest.mark.parametrize("case", PARITY, ids=lambda case: case.id)


def close(ours, theirs, what):
    theirs = np.asarray(theirs)
    scale = max(1.0, float(np.abs(theirs).max(initial=0.0)))
    np.testing.assert_allclose(np.asarray(ours), theirs, rtol=2e-5, atol=2e-6 * scale, err_msg=what)


def plain(value):
    """Comparable parts of a configuration: lists for tuples, floats as far as float32 knows them."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items() if k != "seed"}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return float(np.float32(value)) if isinstance(value, float) else value


def assert_same_config(found, expected):
    for key, value in found.items():
        if key not in {"name", "dtype", "quantization_config", "seed"}:
            assert plain(value) == plain(expected.get(key, value)), key


def their_results(layer, case, arrays, cotangent, training, keras):
    """Output, new non-trainable values, losses, gradients of weights, gradients of float inputs."""
    import jax
    import jax.numpy as jnp

    floats = [i for i, a in enumerate(arrays) if a.dtype.kind == "f"]
    options = {"training": training} if "training" in inspect.signature(layer.call).parameters else {}

    def run(weights, moved):
        inputs = [jnp.asarray(a) for a in arrays]
        for i, value in zip(floats, moved):
            inputs[i] = value
        given = list(zip(layer.trainable_variables, weights))
        with keras.StatelessScope(given, collect_losses=True) as scope:  # stateless_call leaves activity losses out
            output = layer(*case.arguments(inputs), **options)
            losses = layer.losses
        still = layer.non_trainable_variables
        return output, ([v.value if (new := scope.get_current_value(v)) is None else new for v in still], losses)

    weights = [v.value for v in layer.trainable_variables]

    @compiled
    def everything(weights, moved):
        output, pull, rest = jax.vjp(run, weights, moved, has_aux=True)
        return output, *rest, *pull(cotangent)

    return everything(weights, [jnp.asarray(arrays[i]) for i in floats])


# In training only normalization differs; other layers do the same, or draw numbers.
MODES = [(c, training) for c in PARITY for training in (False, True) if not training or c.layer == "BatchNormalization"]


@pytest.mark.parametrize(("case", "training"), MODES, ids=lambda value: getattr(value, "id", f"training={value}"))
def test_values_and_gradients(case, training, keras):
    arrays = make_all(case.inputs, seed=case.seed)
    ours = case.make(layers)
    tensors = [ops.convert_to_tensor(a) for a in arrays]
    ours(*case.arguments(tensors), training=False)
    rng = np.random.default_rng(5)
    values = [
        rng.uniform(0.5, 1.5, v.shape) if "moving" in v.name or "renorm" in v.name else v.numpy() for v in ours.weights
    ]
    ours.set_weights(values)

    theirs = case.make(keras.layers)
    if values:
        build_theirs(keras, theirs, *case.arguments(arrays))
        theirs.set_weights(values)

    with lamina.GradientTape() as tape:
        tape.watch(tensors)
        output = ours(*case.arguments(tensors), training=training)
        cotangent = rng.normal(size=output.shape).astype("float32")
        target = ops.sum(output * ops.convert_to_tensor(cotangent))
    floats = [t for t in tensors if t.dtype == "float32"]
    for_inputs, for_weights = tape.gradient(target, [floats, list(ours.trainable_weights)])

    expected, updated, losses, their_weights, their_inputs = their_results(
        theirs, case, arrays, cotangent, training, keras
    )
    assert output.shape == expected.shape
    close(output.numpy(), expected, "output")
    close(sum((float(loss.numpy()) for loss in ours.losses), 0.0), sum(map(float, losses)), "losses")
    for gradient, wanted in zip(for_inputs, their_inputs):
        close(np.zeros_like(wanted) if gradient is None else gradient.numpy(), wanted, "gradient of an input")
    assert len(for_weights) == len(their_weights)
    for variable, gradient, wanted in zip(ours.trainable_weights, for_weights, their_weights):
        close(gradient.numpy(), wanted, f"gradient of {variable.name}")
    for variable, wanted in zip(ours.non_trainable_weights, updated):
        close(variable.numpy(), wanted, variable.name)


@EACH
def test_configurations_go_both_ways(case, keras):
    ours = case.make(layers)
    theirs = case.make(keras.layers)
    built = keras.layers.deserialize(layers.serialize(ours), custom_objects=FUNCTIONS)
    assert type(built) is type(theirs)
    back = layers.deserialize(keras.layers.serialize(theirs), custom_objects=FUNCTIONS)
    assert type(back) is type(ours)
    assert_same_config(built.get_config(), theirs.get_config())
    assert_same_config(back.get_config(), ours.get_config())


@pytest.mark.parametrize(
    "kwargs",
    [
        {},
        {"center": False, "scale": False, "momentum": 0.5},
        {"axis": 1},
        {"renorm": True},
        {"renorm": True, "renorm_clipping": {"rmax": 1.1, "rmin": 0.9, "dmax": 0.1}, "axis": 1},
    ],
    ids=str,
)
@pytest.mark.parametrize("rank", [2, 3, 4])
def test_mask_of_batch_normalization(kwargs, rank, keras, rng):
    x = rng.normal(size=(4, 5, 3, 2)[:rank]).astype("float32")
    mask = rng.integers(0, 2, x.shape[:-1]).astype(bool)
    ours, theirs = layers.BatchNormalization(**kwargs), keras.layers.BatchNormalization(**kwargs)
    for _ in range(2):
        close(ours(x, training=True, mask=mask).numpy(), theirs(x, training=True, mask=mask), "output")
    for mine, wanted in zip(ours.weights, theirs.weights):
        close(mine.numpy(), wanted.numpy(), mine.name)
    ours.trainable = theirs.trainable = False
    close(ours(x, training=True, mask=mask).numpy(), theirs(x, training=True, mask=mask), "frozen")


@pytest.mark.parametrize(
    "mask", [None, lambda inputs, mask: mask, lambda inputs, mask: inputs[..., 0] > 1.5], ids=["none", "same", "new"]
)
def test_mask_of_lambda(mask, keras, rng):
    x = rng.integers(0, 3, (4, 5, 1)).astype("float32")

    def build(library):
        stack = [
            library.Input((5, 1)),
            library.layers.Masking(1.0),
            library.layers.Lambda(lambda x: x + 2.0, mask=mask),
            library.layers.GlobalAveragePooling1D(),
        ]
        return library.Sequential(stack)

    if mask is None:
        with pytest.warns(UserWarning, match="mask"):
            ours = build(lamina)
    else:
        ours = build(lamina)
    close(ours.predict(x, verbose=0), build(keras).predict(x, verbose=0), "output")


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8", "float32"])
@pytest.mark.parametrize("mask_zero", [False, True])
def test_embedding_of_numbers_of_all_dtypes(dtype, mask_zero, keras, rng):
    table = rng.normal(size=(6, 3)).astype("float32")
    x = rng.integers(0, 6, (4, 5)).astype(dtype)
    ours, theirs = (library.layers.Embedding(6, 3, weights=table, mask_zero=mask_zero) for library in (lamina, keras))
    close(ours(x).numpy(), theirs(x), "output")
    found, expected = ours.compute_mask(ops.convert_to_tensor(x)), theirs.compute_mask(x)
    assert (found is None) == (expected is None)
    if mask_zero:
        np.testing.assert_array_equal(found.numpy(), expected)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_mask_of_global_average_pooling(data_format, keras, rng):
    x = rng.normal(size=(4, 5, 3)).astype("float32")
    mask = np.arange(4 * (5 if data_format == "channels_last" else 3)).reshape(4, -1) % 2 == 0
    ours = layers.GlobalAveragePooling1D(data_format=data_format)(x, mask=mask)
    close(ours.numpy(), keras.layers.GlobalAveragePooling1D(data_format=data_format)(x, mask=mask), "output")


MERGING = ["Add", "Subtract", "Multiply", "Maximum", "Minimum", "Average", "Concatenate"]


@pytest.mark.parametrize("masked", [(True, True), (True, False), (False, True), (True, True, True)], ids=str)
@pytest.mark.parametrize("name", MERGING)
def test_masks_of_merging_layers(name, masked, keras, rng):
    if name == "Subtract" and len(masked) > 2:
        masked = masked[:2]
    values = rng.integers(0, 3, (len(masked), 4, 5)).astype("float32")[..., None]

    def build(library):
        inputs = [library.layers.Input((5, 1)) for _ in values]
        given = [library.layers.Masking()(x) if m else x for x, m in zip(inputs, masked)]
        merged = getattr(library.layers, name)()(given)
        return library.Model(inputs, [merged, library.layers.GlobalAveragePooling1D()(merged)])

    ours, theirs = (build(library).predict(list(values), verbose=0) for library in (lamina, keras))
    for mine, wanted in zip(ours, theirs):
        close(mine, wanted, name)


@pytest.mark.parametrize("name", [*MERGING, "Dot"])
def test_functions_of_merging_layers(name, keras, rng):
    x, y = rng.normal(size=(2, 3, 4, 4)).astype("float32")
    options = {"Dot": {"axes": (1, 2)}, "Concatenate": {"axis": 1}}.get(name, {})
    function = name.lower()
    close(
        getattr(layers, function)([x, y], **options).numpy(), getattr(keras.layers, function)([x, y], **options), name
    )
    if name not in ("Dot", "Subtract"):
        close(getattr(layers, function)([x, y, x]).numpy(), getattr(keras.layers, function)([x, y, x]), name)
    if name == "Dot":
        ours, theirs = (library.layers.dot([x, y], axes=-1, normalize=True) for library in (lamina, keras))
        close(ours.numpy(), theirs, "cosines")


def test_softmax_with_mask(keras, rng):
    x = rng.normal(size=(3, 4)).astype("float32")
    mask = np.array([[1, 0, 1, 1], [1, 1, 1, 1], [0, 0, 0, 0]], bool)
    close(layers.Softmax()(x, mask=mask).numpy(), keras.layers.Softmax()(x, mask=mask), "softmax")


@pytest.mark.parametrize("axis", [0, 1, -1, [1, 2], [0, 1, 2]])
@pytest.mark.parametrize("kind", ["bool", "float32"])
def test_softmax_with_masks_that_broadcast(axis, kind, keras, rng):
    x = rng.normal(size=(3, 4, 5)).astype("float32")
    for shape in ((3, 4, 5), (4, 5), (1, 5), (3, 1, 1)):
        mask = rng.integers(0, 2, shape).astype(kind)
        ours, theirs = (library.layers.Softmax(axis)(x, mask=mask) for library in (lamina, keras))
        close(ours.numpy(), theirs, f"mask of shape {shape}")


@pytest.mark.parametrize("mask_value", [0.0, 1, -1.0])
def test_masking(mask_value, keras, rng):
    x = rng.integers(-1, 2, (4, 6, 2)).astype("float32")
    ours, theirs = layers.Masking(mask_value), keras.layers.Masking(mask_value)
    close(ours(x).numpy(), theirs(x), "output")
    np.testing.assert_array_equal(ours.compute_mask(ops.convert_to_tensor(x)).numpy(), theirs.compute_mask(x))


@pytest.mark.parametrize(
    "inner",
    [
        ("Dense", {"units": 4}, (3, 5)),
        ("Conv1D", {"filters": 3, "kernel_size": 2}, (2, 6, 4)),
        ("Conv2D", {"filters": 4, "kernel_size": 3}, (2, 5, 6, 3)),
        ("Dense", {"units": 1, "use_bias": False}, (3, 2, 5)),
        ("Dense", {"units": 3, "kernel_initializer": "zeros"}, (3, 5)),
    ],
    ids=str,
)
@pytest.mark.parametrize("iterations", [1, 3])
def test_spectral_normalization_in_training(inner, iterations, keras, rng):
    name, kwargs, shape = inner
    x = rng.normal(size=shape).astype("float32")
    ours, theirs = (
        library.layers.SpectralNormalization(getattr(library.layers, name)(**kwargs), power_iterations=iterations)
        for library in (lamina, keras)
    )
    ours(x)
    theirs(x)
    theirs.set_weights(ours.get_weights())
    for step in range(3):
        close(ours(x, training=True).numpy(), theirs(x, training=True), f"output of step {step}")
        for mine, wanted in zip(ours.weights, theirs.weights):
            close(mine.numpy(), wanted.numpy(), mine.name)


WHOLE = [
    ("Dense", {"units": 2}, (2, 3)),
    ("BatchNormalization", {}, (4, 3)),
    ("MaxPooling1D", {}, (2, 4, 3)),
    ("MaxPooling2D", {"padding": "same", "strides": 1}, (2, 3, 4, 3)),
    ("AveragePooling1D", {"pool_size": 2}, (2, 4, 3)),
    ("AdaptiveMaxPooling1D", {"output_size": 2}, (2, 5, 3)),
    ("AdaptiveAveragePooling1D", {"output_size": 2}, (2, 5, 3)),
    ("GlobalMaxPooling1D", {}, (2, 4, 3)),
    ("GlobalAveragePooling1D", {}, (2, 4, 3)),
    ("UpSampling1D", {}, (2, 4, 3)),
    ("UpSampling2D", {"interpolation": "bicubic"}, (2, 3, 4, 1)),
    ("ZeroPadding1D", {}, (2, 3, 2)),
    ("Cropping1D", {}, (2, 3, 2)),
    ("Flatten", {}, (2, 3, 2)),
    ("RepeatVector", {"n": 2}, (2, 3)),
    ("Masking", {}, (2, 3, 1)),
    ("ReLU", {}, (2, 3)),
    ("LeakyReLU", {}, (2, 3)),
    ("Dropout", {"rate": 0.5}, (2, 3)),
    ("Embedding", {"input_dim": 9, "output_dim": 2}, (2, 3)),
]


@pytest.mark.parametrize("dtype", ["int32", "uint8"])
@pytest.mark.parametrize(("name", "kwargs", "shape"), WHOLE, ids=[name for name, _, _ in WHOLE])
def test_whole_numbers(name, kwargs, shape, dtype, keras, rng):
    x = rng.integers(0, 9, shape).astype(dtype)
    ours, theirs = (getattr(library.layers, name)(**kwargs) for library in (lamina, keras))
    ours(x)
    theirs(x)
    theirs.set_weights(ours.get_weights())
    found, expected = ours(x), theirs(x)
    assert found.dtype == str(expected.dtype)
    close(found.numpy(), expected, "output")
