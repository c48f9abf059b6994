"""Wrong arguments and inputs of the layers that scale, bin and count numbers, of spectrograms, and of `adapt`."""

import numpy as np
import pytest
from cases.mistakes import Mistake, assert_refused

import lamina
from lamina import layers

D = dict

MISTAKES: list[Mistake] = [
    ("Normalization", D(axis="last"), None, "Normalization: `axis`.*axis='last'"),
    ("Normalization", D(axis=[0, 1.5]), None, r"axis=\[0, 1.5\]"),
    ("Normalization", D(axis=3), (2, 3), "axis=3"),
    ("Normalization", D(), (2, 3, None), r"\(None, 3, None\)|2, 3, None"),
    ("Normalization", D(mean=1.0), None, "mean=1.0, variance=None"),
    ("Normalization", D(variance=1.0), None, "mean=None"),
    ("Normalization", D(mean=[1.0], variance=[1.0, 2.0]), None, "of one shape"),
    ("Normalization", D(axis=None, mean=[1.0], variance=[2.0]), None, r"at most 0 axes as axis=None|at most 0"),
    ("Normalization", D(mean=0.0, variance=-1.0), None, "variance=-1.0"),
    ("Normalization", D(mean=[1.0, 2.0], variance=[1.0, 2.0]), (2, 3), r"broadcast to \(3,\)"),
    ("CategoryEncoding", D(), None, "`num_tokens` is missing"),
    ("CategoryEncoding", D(num_tokens=0), None, "num_tokens=0"),
    ("CategoryEncoding", D(num_tokens=2, output_mode="int"), None, "output_mode='int'"),
    ("Discretization", D(), None, "bin_boundaries=None, num_bins=None"),
    ("Discretization", D(bin_boundaries=[1.0], num_bins=2), None, "one of the two"),
    ("Discretization", D(bin_boundaries=[1.0, 0.0]), None, "ascend"),
    ("Discretization", D(bin_boundaries=[[1.0]]), None, "ascend"),
    ("Discretization", D(bin_boundaries=["a"]), None, "'a'"),
    ("Discretization", D(bin_boundaries=[0.0, float("nan")]), None, "nan"),
    ("Discretization", D(num_bins=0), None, "num_bins=0"),
    ("Discretization", D(num_bins=2, epsilon=0.0), None, "epsilon=0.0"),
    ("Discretization", D(num_bins=2, output_mode="tf_idf"), None, "output_mode='tf_idf'"),
    ("Discretization", D(num_bins=2, sparse=True), None, "sparse=True, output_mode='int'"),
    ("Discretization", D(num_bins=2), (2, 3), r"layer.adapt\(data\)"),
    ("STFTSpectrogram", D(mode="power"), None, "mode='power'"),
    ("STFTSpectrogram", D(frame_length=0), None, "frame_length=0"),
    ("STFTSpectrogram", D(frame_length=8, frame_step=9), None, "frame_step=9"),
    ("STFTSpectrogram", D(frame_length=8, fft_length=4), None, "fft_length=4"),
    ("STFTSpectrogram", D(window="kaiser"), None, "window='kaiser'"),
    ("STFTSpectrogram", D(scaling="power"), None, "scaling='power'"),
    ("STFTSpectrogram", D(padding="full"), None, "padding='full'"),
    ("STFTSpectrogram", D(frame_length=4, window=[1.0, 2.0]), (1, 8, 1), "4 values"),
    ("STFTSpectrogram", D(frame_length=4), (2, 8), "rank|ndim"),
    ("STFTSpectrogram", D(frame_length=8), (1, 4, 1), "longer|larger than"),
    ("MelSpectrogram", D(fft_length=8, sequence_length=9), None, "sequence_length=9"),
    ("MelSpectrogram", D(window="kaiser"), None, "window='kaiser'"),
    ("MelSpectrogram", D(num_mel_bins=0), None, "num_mel_bins=0"),
    ("MelSpectrogram", D(min_freq=9e3), None, "min_freq=9000.0"),
    ("MelSpectrogram", D(), (2, 3, 4), r"\(2, 3, 4\)"),
    ("MelSpectrogram", D(fft_length=8, window=[1.0]), (2, 30), "window"),
    ("Pipeline", D(layers="Rescaling"), None, "layers='Rescaling'"),
    ("Pipeline", D(layers=[layers.Rescaling]), None, "made already"),
]


@pytest.mark.parametrize(("layer", "arguments", "shape", "names"), MISTAKES, ids=range(len(MISTAKES)))
def test_mistakes_are_explained(layer, arguments, shape, names):
    assert_refused(layer, arguments, shape, names)


class Endless(lamina.data.PyDataset):
    num_batches = None

    def __getitem__(self, index):
        return np.ones((2, 3))


ENDLESS = lamina.data.Dataset.from_tensor_slices(np.ones((4, 3))).repeat().batch(2)


@pytest.mark.parametrize(
    "make", [layers.Normalization, lambda: layers.Discretization(num_bins=2)], ids=["scale", "bin"]
)
@pytest.mark.parametrize(
    ("data", "names"),
    [
        (None, "None"),
        ("text", "str"),
        (3.0, "3.0"),
        ({"x": np.ones((2, 3))}, "dict"),
        ([], "nothing to adapt to|without batches"),
        (iter([]), "nothing to adapt to"),
        (np.ones((0, 3)), "nothing to adapt to"),
        (np.array([["a"], ["b"]]), "StringLookup"),
        (np.array([[1.0], [np.nan]]), "1 NaN"),
        ([[1.0, 2.0], [3.0]], "several lengths"),
        (Endless(), "endless Endless"),
        (ENDLESS, "never end"),
    ],
    ids=range(12),
)
def test_data_that_nothing_can_be_learned_from(make, data, names):
    layer = make()
    with pytest.raises((TypeError, ValueError), match=names) as caught:
        layer.adapt(data)
    assert all(part in str(caught.value) for part in ("Expected: ", "Received: ", "Fix: "))


def test_adapting_what_is_known_or_built_otherwise():
    with pytest.raises(ValueError, match="known already"):
        layers.Normalization(mean=0.0, variance=1.0).adapt(np.ones((2, 3)))
    with pytest.raises(ValueError, match="known already"):
        layers.Discretization([1.0]).adapt(np.ones((2, 3)))
    layer = layers.Normalization()
    layer.build((None, 3))
    for data in (np.ones((2, 4)), np.ones(3), [np.ones((2, 3)), np.ones((2, 4))]):
        with pytest.raises(ValueError, match="built for"):
            layer.adapt(data)


def test_weights_are_for_counting():
    with pytest.raises(ValueError, match="output_mode='count' only"):
        layers.CategoryEncoding(3)([1], count_weights=[1.0])


def test_sound_is_float():
    with pytest.raises(TypeError, match="divide 16-bit samples"):
        layers.STFTSpectrogram(frame_length=4)(np.ones((1, 8, 1), "int32"))


def test_transforms_of_odd_lengths_are_slow():
    with pytest.warns(UserWarning, match="no power of two"):
        layers.STFTSpectrogram(frame_length=8, fft_length=12)


def test_sparse_outputs_are_dense_and_that_is_said():
    for make in (
        lambda sparse: layers.CategoryEncoding(4, sparse=sparse),
        lambda sparse: layers.Discretization([1.0, 2.0], output_mode="count", sparse=sparse),
    ):
        with pytest.warns(UserWarning, match="dense"):
            layer = make(True)
        np.testing.assert_array_equal(layer([[0, 3, 2]]).numpy(), make(False)([[0, 3, 2]]).numpy())


@pytest.mark.parametrize("config", [{}, {"layers": None}, {"layers": "os.system"}])
def test_configurations_of_pipelines_hold_layers(config):
    with pytest.raises(ValueError, match="no layers"):
        layers.Pipeline.from_config(config)
