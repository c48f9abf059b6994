"""What the convolution layers do beyond the rows that are compared with Keras."""

import numpy as np
import pytest

import lamina
from lamina import layers, ops

SHAPES = {
    "Conv1D": (7, 3),
    "Conv2D": (6, 5, 3),
    "Conv3D": (4, 3, 4, 2),
    "Conv1DTranspose": (4, 3),
    "Conv2DTranspose": (3, 4, 2),
    "Conv3DTranspose": (2, 3, 2, 2),
    "DepthwiseConv1D": (7, 3),
    "DepthwiseConv2D": (6, 5, 3),
    "SeparableConv1D": (7, 3),
    "SeparableConv2D": (6, 5, 3),
    "LocallyConnected1D": (7, 3),
    "LocallyConnected2D": (6, 5, 3),
}


def make(name, **arguments):
    return getattr(layers, name)(*([2] if name.startswith("Depthwise") else [4, 2]), **arguments)


@pytest.mark.parametrize("name", ["Conv1D", "DepthwiseConv1D", "SeparableConv1D"])
@pytest.mark.parametrize(("kernel_size", "strides", "dilation"), [(3, 1, 1), (4, 1, 3), (2, 3, 1), (1, 2, 1)])
def test_causal_is_padding_on_the_left(name, kernel_size, strides, dilation, rng):
    x = rng.normal(size=(2, 9, 3)).astype("float32")
    filters = {} if name.startswith("Depthwise") else {"filters": 4}
    options = {**filters, "kernel_size": kernel_size, "strides": strides, "dilation_rate": dilation}
    causal, valid = (getattr(layers, name)(padding=padding, **options) for padding in ("causal", "valid"))
    found = causal(x)
    padded = np.pad(x, ((0, 0), ((kernel_size - 1) * dilation, 0), (0, 0)))
    valid.build(padded.shape)
    valid.set_weights(causal.get_weights())
    np.testing.assert_allclose(found.numpy(), valid(padded).numpy(), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", SHAPES)
def test_images_of_integers(name):
    x = np.arange(2 * np.prod(SHAPES[name])).reshape(2, *SHAPES[name]) % 7
    layer = make(name)
    expected = layer(x.astype("float32")).numpy()
    for dtype in ("uint8", "int32", "int64"):
        np.testing.assert_array_equal(layer(x.astype(dtype)).numpy(), expected)
    assert make(name, dtype="mixed_float16")(x.astype("uint8")).dtype == "float16"


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("name", SHAPES)
def test_16_bit_floats(name, policy, rng):
    x = rng.normal(size=(2, *SHAPES[name])).astype("float32")
    full, half = make(name), make(name, dtype=policy)
    expected = full(x)
    half.build(x.shape)
    half.set_weights(full.get_weights())
    found = half(x)
    assert found.dtype == policy.removeprefix("mixed_")
    assert {w.dtype for w in half.weights} == {"float32"}
    bound = {"mixed_float16": 5e-3, "mixed_bfloat16": 5e-2}[policy]
    np.testing.assert_allclose(ops.cast(found, "float32").numpy(), expected.numpy(), atol=bound, rtol=bound)


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("kernel_size", "strides"), [(3, 1), (3, 2), (2, 3), (4, 3)])
def test_transposed_is_the_gradient_of_the_convolution(rank, padding, kernel_size, strides, rng):
    """<conv(x), y> = <x, transposed(y)>, for sizes at which the transposed layer leads back."""
    transposed = getattr(layers, f"Conv{rank}DTranspose")(3, kernel_size, strides, padding, use_bias=False)
    y = rng.normal(size=(2, *(2, 3, 2)[:rank], 4)).astype("float32")
    grown = transposed(y)
    conv = getattr(layers, f"Conv{rank}D")(4, kernel_size, strides, padding, use_bias=False)
    x = rng.normal(size=grown.shape).astype("float32")
    conv.build(x.shape)
    conv.set_weights(transposed.get_weights())
    assert conv(x).shape == y.shape
    np.testing.assert_allclose(np.vdot(conv(x).numpy(), y), np.vdot(x, grown.numpy()), rtol=1e-4, atol=1e-4)


def test_order_of_the_arguments_of_transposed_layers():
    assert layers.Conv2DTranspose(2, 3, 2, "same", 1, "channels_first").output_padding == (1, 1)
    layer = layers.Conv3DTranspose(2, 3, 2, "same", "channels_first", 1)
    assert (layer.data_format, layer.output_padding) == ("channels_first", (1, 1, 1))
    assert layers.Conv3DTranspose.from_config(layer.get_config()).get_config() == layer.get_config()


@pytest.mark.parametrize("name", [name for name in SHAPES if name not in ("Conv1D", "Conv2D", "Conv3D")])
def test_configurations_of_keras_2(name):
    """Keras 2 wrote the arguments of its base class for all of them."""
    layer = make(name)
    config = {**layer.get_config(), "groups": 1}
    if "kernel_initializer" not in config:
        config |= {"kernel_initializer": "zeros", "kernel_regularizer": None, "kernel_constraint": None}
    assert type(layer).from_config(config).get_config() == layer.get_config()
    with pytest.raises(ValueError, match="groups=1"):
        make(name, groups=1)


@pytest.mark.parametrize("name", SHAPES)
def test_data_format_of_the_session(name, rng):
    x = rng.normal(size=(2, *SHAPES[name])).astype("float32")
    last = make(name, use_bias=True)
    expected = last(x).numpy()
    lamina.config.set_image_data_format("channels_first")
    first = make(name)
    first.build(np.moveaxis(x, -1, 1).shape)
    assert first.data_format == "channels_first"
    if "Locally" in name:  # there the order of the weights follows the data
        return
    first.set_weights(last.get_weights())
    found = first(np.ascontiguousarray(np.moveaxis(x, -1, 1))).numpy()
    np.testing.assert_allclose(np.moveaxis(found, 1, -1), expected, rtol=1e-5, atol=1e-6)
