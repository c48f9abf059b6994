"""Locally connected layers against their definition: a sum over the inputs of each window, with weights of its own."""

import itertools

import numpy as np
import pytest
from contract.helpers import assert_gradients_close, numeric_gradient, some_entries

import lamina
from lamina import layers, ops

CHANNELS, FILTERS = 2, 3
# Kernel size, strides, sizes of the input: even and odd kernels, strides beyond the kernel, windows that do not fit.
WINDOWS = [
    ((3,), (1,), (6,)),
    ((2,), (1,), (5,)),
    ((2,), (3,), (8,)),
    ((4,), (2,), (7,)),
    ((1,), (2,), (5,)),
    ((2, 3), (1, 1), (4, 5)),
    ((3, 2), (2, 1), (5, 3)),
    ((1, 2), (3, 2), (5, 4)),
    ((4, 3), (3, 2), (6, 4)),
]
STORED = [(1, "valid"), (2, "valid"), (3, "valid"), (2, "same"), (3, "same")]
FORMATS = ["channels_last", "channels_first"]


def connections(kernel_size, strides, sizes, padding):
    """The positions of the outputs, each with the places of the inputs in its window: (offset in the window, place)."""
    if padding == "valid":
        counts = [(n - k) // s + 1 for n, k, s in zip(sizes, kernel_size, strides)]
        shift = [0 for _ in sizes]
    else:  # a multiple of the strides is entry k // 2 of its window
        counts = [-(-n // s) for n, s in zip(sizes, strides)]
        shift = [k // 2 for k in kernel_size]
    for position in itertools.product(*map(range, counts)):
        start = [p * s - before for p, s, before in zip(position, strides, shift)]
        window = [
            (offset, tuple(a + b for a, b in zip(start, offset)))
            for offset in itertools.product(*map(range, kernel_size))
        ]
        yield position, [(o, place) for o, place in window if all(0 <= i < n for i, n in zip(place, sizes))]


def weight_places(kernel_size, sizes, found, implementation, data_format):
    """Where in the stored kernel the weight of (position, offset, place, channel, filter) is."""
    last = data_format == "channels_last"
    counts = tuple(n + 1 for n in max(position for position, _ in found))

    def joined(spatial, other):
        return (*spatial, other) if last else (other, *spatial)

    def matrix_per_position(position, offset, place, channel, f):
        features = np.ravel_multi_index(joined(offset, channel), joined(kernel_size, CHANNELS))
        return (np.ravel_multi_index(position, counts), features, f)

    def dense(position, offset, place, channel, f):
        return (*joined(place, channel), *joined(position, f))

    def connected(position, place, channel, f):
        output = np.ravel_multi_index(joined(position, f), joined(counts, FILTERS))
        return (output, np.ravel_multi_index(joined(place, channel), joined(sizes, CHANNELS)))

    pairs = sorted(
        connected(position, place, channel, f)
        for position, window in found
        for _, place in window
        for channel, f in itertools.product(range(CHANNELS), range(FILTERS))
    )
    order = {pair: i for i, pair in enumerate(pairs)}

    def sparse(position, offset, place, channel, f):
        return (order[connected(position, place, channel, f)],)

    return {1: matrix_per_position, 2: dense, 3: sparse}[implementation]


def expected_shapes(kernel_size, sizes, found, implementation, data_format):
    counts = tuple(n + 1 for n in max(position for position, _ in found))
    if implementation == 1:
        kernel = (len(found), int(np.prod(kernel_size)) * CHANNELS, FILTERS)
    elif implementation == 3:
        kernel = (sum(len(window) for _, window in found) * CHANNELS * FILTERS,)
    elif data_format == "channels_last":
        kernel = (*sizes, CHANNELS, *counts, FILTERS)
    else:
        kernel = (CHANNELS, *sizes, FILTERS, *counts)
    return kernel, (*counts, FILTERS)


@pytest.mark.parametrize("data_format", FORMATS)
@pytest.mark.parametrize(("implementation", "padding"), STORED)
@pytest.mark.parametrize(("kernel_size", "strides", "sizes"), WINDOWS)
def test_values_and_gradients(kernel_size, strides, sizes, implementation, padding, data_format, rng):
    found = list(connections(kernel_size, strides, sizes, padding))
    place_of = weight_places(kernel_size, sizes, found, implementation, data_format)
    # Each weight in use: its place in the kernel, the input it takes, the output it adds to.
    terms = [
        (place_of(position, offset, place, channel, f), (*place, channel), (*position, f))
        for position, window in found
        for offset, place in window
        for channel, f in itertools.product(range(CHANNELS), range(FILTERS))
    ]
    weights, inputs, outputs = (tuple(np.array(t).T) for t in zip(*terms))
    assert len(set(zip(*weights))) == len(terms)

    layer = getattr(layers, f"LocallyConnected{len(sizes)}D")(
        FILTERS, kernel_size, strides, padding, data_format, implementation=implementation, dtype="float64"
    )
    x = rng.normal(size=(2, *sizes, CHANNELS))
    if data_format == "channels_first":
        x = np.ascontiguousarray(np.moveaxis(x, -1, 1))
    layer.build(x.shape)
    shapes = expected_shapes(kernel_size, sizes, found, implementation, data_format)
    assert (layer.kernel.shape, layer.bias.shape) == shapes
    kernel, bias = (rng.normal(size=shape) for shape in shapes)
    layer.set_weights([kernel, bias])

    def reference(arrays):
        x, kernel, bias = arrays
        x = np.moveaxis(x, 1, -1) if data_format == "channels_first" else x
        y = np.repeat(bias[None], 2, axis=0)
        for sample in range(2):
            np.add.at(y[sample], outputs, x[sample][inputs] * kernel[weights])
        return np.moveaxis(y, -1, 1) if data_format == "channels_first" else y

    tensor = ops.convert_to_tensor(x)
    with lamina.GradientTape() as tape:
        tape.watch(tensor)
        y = layer(tensor)
        cotangent = rng.normal(size=y.shape)
        target = ops.sum(y * cotangent)
    np.testing.assert_allclose(y.numpy(), reference([x, kernel, bias]), rtol=1e-12, atol=1e-12)

    arrays = [x, kernel, bias]
    for which, gradient in enumerate(tape.gradient(target, [tensor, *layer.trainable_weights])):
        entries = some_entries(arrays[which])
        numeric = numeric_gradient(lambda a: float((reference(a) * cotangent).sum()), arrays, which, entries)
        assert_gradients_close(gradient.numpy(), numeric, entries, f"source {which}")


def test_weights_of_implementation_3_in_the_order_of_keras_2():
    layer = layers.LocallyConnected2D(1, (2, 1), implementation=3, use_bias=False)
    layer.build((None, 2, 2, 1))
    layer.set_weights([np.array([1.0, 10.0, 100.0, 1000.0])])
    x = np.array([[1.0, 2.0], [3.0, 4.0]]).reshape(1, 2, 2, 1)
    assert layer(x).numpy().ravel().tolist() == [31.0, 4200.0]


@pytest.mark.parametrize("data_format", FORMATS)
@pytest.mark.parametrize(("implementation", "padding"), STORED)
def test_trains_and_survives_a_file(implementation, padding, data_format, tmp_path, rng):
    x = rng.normal(size=(6, 5, 4, 2)).astype("float32")
    model = lamina.Sequential(
        [
            layers.Input((5, 4, 2)),
            layers.LocallyConnected2D(3, 2, 2, padding, data_format, implementation=implementation),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    model.compile("sgd", "mse")
    losses = model.fit(x, x.mean(axis=(1, 2, 3))[:, None], batch_size=3, epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    model.save(tmp_path / "local.lamina")
    again = lamina.models.load_model(tmp_path / "local.lamina")
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))


def test_a_layer_with_one_window_is_dense(rng):
    x = rng.normal(size=(3, 4, 2)).astype("float32")
    layer = layers.LocallyConnected1D(5, 4)
    dense = layers.Dense(5)
    dense.build((None, 8))
    layer.build((None, 4, 2))
    layer.set_weights([w[None] for w in dense.get_weights()])
    np.testing.assert_allclose(layer(x).numpy()[:, 0], dense(x.reshape(3, 8)).numpy(), rtol=1e-5, atol=1e-6)
