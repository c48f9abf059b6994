"""Wrong arguments and inputs of the convolutions: each is refused with what happened and how to fix it."""

import numpy as np
import pytest

from lamina import layers

PLAIN = ("Conv1D", "Conv2D", "Conv3D")
TRANSPOSED = ("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose")
DEPTHWISE = ("DepthwiseConv1D", "DepthwiseConv2D")
SEPARABLE = ("SeparableConv1D", "SeparableConv2D")
LOCAL = ("LocallyConnected1D", "LocallyConnected2D")
WINDOWED = (*PLAIN, *DEPTHWISE, *SEPARABLE)
EACH = (*WINDOWED, *TRANSPOSED, *LOCAL)
CAUSAL = ("Conv1D", "DepthwiseConv1D", "SeparableConv1D")

NO_COUNTS = (0, -1, 1.5, None, "3", True)
NO_TUPLES = (*NO_COUNTS, (), (1, 1, 1, 1), (0, 1), (1.5, 1.5))

# Layers, an argument, values it may not have, and what the error has to say: if nothing else, the argument's name.
ARGUMENTS = [
    (EACH, "kernel_size", NO_TUPLES, ""),
    (EACH, "strides", NO_TUPLES, ""),
    ((*WINDOWED, *TRANSPOSED), "dilation_rate", NO_TUPLES, ""),
    ((*PLAIN, *TRANSPOSED, *SEPARABLE, *LOCAL), "filters", NO_COUNTS, ""),
    (PLAIN, "groups", (*NO_COUNTS, 3), ""),
    ((*DEPTHWISE, *SEPARABLE), "depth_multiplier", NO_COUNTS, ""),
    (TRANSPOSED, "output_padding", (-1, 0.5, "0", (), 1), ""),
    (LOCAL, "implementation", (0, 4, "1", None), ""),
    (EACH, "padding", ("full", "", None, 1), "'valid', 'same'"),
    ([name for name in EACH if name not in CAUSAL], "padding", ("causal",), "'valid', 'same'"),
    (LOCAL, "padding", ("same",), "implementation"),
    (EACH, "data_format", ("last", "NHWC", 3), "channels_first"),
    (EACH, "activation", ("rleu",), "'relu'"),
    (EACH, "bias_initializer", ("zeroes",), "'zeros'"),
    (EACH, "bias_regularizer", ("l3",), "'l2'"),
    (EACH, "activity_regularizer", ("l3",), "'l2'"),
    (EACH, "bias_constraint", ("nonneg",), "'non_neg'"),
    (EACH, "trainable", ("yes",), "True or False"),
    (EACH, "kernal_size", (3,), "kernal_size=3"),
]


def arguments_of(name, **more):
    needed = {"kernel_size": 2} if name in DEPTHWISE else {"filters": 4, "kernel_size": 2}
    return {**needed, **more}


def assert_explained(error):
    for part in ("Expected: ", "Received: "):
        assert part in str(error.value)


@pytest.mark.parametrize(
    ("name", "argument", "value", "text"),
    [
        (name, argument, value, text)
        for names, argument, values, text in ARGUMENTS
        for name in names
        for value in values
    ],
)
def test_values(name, argument, value, text):
    with pytest.raises(ValueError, match=text or f"`{argument}`|{argument}={value}") as error:
        getattr(layers, name)(**arguments_of(name, **{argument: value}))
    assert_explained(error)


@pytest.mark.parametrize("name", [*PLAIN, *TRANSPOSED])
def test_strides_and_dilation_exclude_each_other(name):
    with pytest.raises(ValueError, match=f"{name}: strides and dilation cannot be combined") as error:
        getattr(layers, name)(4, 3, strides=2, dilation_rate=2)
    assert_explained(error)


def test_output_padding_is_less_than_the_strides_of_its_axis():
    with pytest.raises(ValueError, match=r"less than strides=\(3, 2\).* output_padding=\(2, 2\)"):
        layers.Conv2DTranspose(4, 3, strides=(3, 2), output_padding=2)


@pytest.mark.parametrize("name", EACH)
def test_missing_and_surplus_arguments(name):
    with pytest.raises(TypeError, match=f"{name}: missing a required argument: 'kernel_size'"):
        getattr(layers, name)(*([] if name in DEPTHWISE else [4]))
    with pytest.raises(TypeError, match=f"{name}: too many positional arguments"):
        getattr(layers, name)(*[1] * 40)


def shape_of(name, size=5, channels=3, axes=0, channels_first=False):
    spatial = (size,) * (getattr(layers, name).rank + axes)
    return (None, channels, *spatial) if channels_first else (None, *spatial, channels)


FIRST = {"data_format": "channels_first"}
# A layer, its arguments, the shape of an input that does not fit, and what the error has to say.
INPUTS = [
    *((name, {}, shape_of(name, axes=axes), "rank") for name in EACH for axes in (-1, 1)),
    *((name, {}, shape_of(name, channels=None), "number of channels") for name in EACH),
    *((name, FIRST, shape_of(name, 5, None, 0, True), r"axis 1 \(number of channels\)") for name in EACH),
    *((name, {"kernel_size": 6}, shape_of(name), r"window is larger .* \(6,") for name in (*WINDOWED, *LOCAL)),
    *(
        (name, {"kernel_size": 6, **FIRST}, shape_of(name, 5, 8, 0, True), r"window is larger .* \(6,")
        for name in (*WINDOWED, *LOCAL)
    ),
    *((name, {"dilation_rate": 5}, shape_of(name), r"window is larger .* \(6,") for name in WINDOWED),
    *((name, {"groups": 2}, shape_of(name), "divisible by groups=2.* 3, from") for name in PLAIN),
    *((name, {}, shape_of(name, size=None), "axis 1") for name in LOCAL),
    ("LocallyConnected2D", {}, (None, 5, None, 3), "axis 2"),
    ("LocallyConnected2D", FIRST, (None, 3, 5, None), "axis 3"),
]


@pytest.mark.parametrize(("name", "arguments", "shape", "text"), INPUTS)
def test_inputs(name, arguments, shape, text):
    layer = getattr(layers, name)(**arguments_of(name, **arguments))
    with pytest.raises(ValueError, match=f"{text}") as error:
        layer(layers.Input(batch_shape=shape))
    assert_explained(error)
    assert not layer.weights


@pytest.mark.parametrize("name", EACH)
@pytest.mark.parametrize("axes", [-1, 1])
def test_ranks_that_build_is_told(name, axes):
    layer = getattr(layers, name)(**arguments_of(name))
    with pytest.raises(ValueError, match=f"Expected: rank {layer.rank + 2}"):
        layer.build(shape_of(name, axes=axes))


@pytest.mark.parametrize("name", EACH)
def test_inputs_of_a_built_layer(name):
    layer = getattr(layers, name)(**arguments_of(name))
    layer.build(shape_of(name))
    with pytest.raises(ValueError, match=r"does not fit it.* \(2, .*4\)") as error:
        layer(np.ones((2, *shape_of(name, channels=4)[1:]), "float32"))
    assert_explained(error)


@pytest.mark.parametrize("name", WINDOWED)
def test_windows_larger_than_an_input_of_unknown_size(name):
    layer = getattr(layers, name)(**arguments_of(name))
    layer.build(shape_of(name, size=None))
    with pytest.raises(ValueError, match=f"window does not fit.* in layer '{layer.name}'"):
        layer(np.ones((2, *shape_of(name, size=1)[1:]), "float32"))


@pytest.mark.parametrize("name", LOCAL)
def test_locally_connected_layers_keep_their_sizes(name):
    layer = getattr(layers, name)(**arguments_of(name))
    layer.build(shape_of(name))
    with pytest.raises(ValueError, match="does not fit") as error:
        layer(np.ones((2, *shape_of(name, size=6)[1:]), "float32"))
    assert_explained(error)
