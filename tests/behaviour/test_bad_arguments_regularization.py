"""Wrong arguments and inputs of dropout, noise and penalties."""

import numpy as np
import pytest
from cases.mistakes import Mistake, assert_refused

from lamina import layers

D = dict

MISTAKES: list[Mistake] = [
    *(
        (layer, D(rate=rate), None, f"{layer}: `rate` is out of range.*between 0 and 1.*rate={rate!r}")
        for layer in (
            "Dropout",
            "SpatialDropout1D",
            "SpatialDropout2D",
            "SpatialDropout3D",
            "GaussianDropout",
            "AlphaDropout",
        )
        for rate in (1.5, -0.1, None, "half", True, float("nan"))
    ),
    ("Dropout", D(p=2.0), None, "rate=2.0"),
    ("Dropout", D(rate=0.5, seed="x"), None, "seed"),
    ("Dropout", D(rate=0.5, seed=1.5), None, "seed"),
    ("Dropout", D(rate=0.5, noise_shape=3), None, "Dropout: `noise_shape`.*noise_shape=3"),
    ("Dropout", D(rate=0.5, noise_shape="11"), None, "noise_shape='11'"),
    ("Dropout", D(rate=0.5, noise_shape=(0, 1)), None, r"noise_shape=\(0, 1\)"),
    ("Dropout", D(rate=0.5, noise_shape=(None, -1)), None, r"noise_shape=\(None, -1\)"),
    ("Dropout", D(rate=0.5, noise_shape=(1.0, 2)), None, r"noise_shape=\(1.0, 2\)"),
    ("AlphaDropout", D(rate=0.5, noise_shape=(None, 0)), None, r"AlphaDropout: `noise_shape`.*\(None, 0\)"),
    ("SpatialDropout1D", D(rate=0.5, noise_shape=(None, 1, None)), None, "noise_shape"),
    ("SpatialDropout1D", D(rate=0.5, data_format="channels_first"), None, "data_format"),
    ("SpatialDropout1D", D(rate=0.5), (2, 3), "spatial_dropout1d.*rank 3"),
    ("SpatialDropout2D", D(rate=0.5, data_format="last"), None, "data_format='last'"),
    ("SpatialDropout2D", D(rate=0.5), (2, 3, 4), "rank 4"),
    ("SpatialDropout3D", D(rate=0.5), (2, 3, 4, 5), "rank 5"),
    ("GaussianNoise", D(stddev=-1.0), None, "GaussianNoise: `stddev`.*stddev=-1.0"),
    ("GaussianNoise", D(stddev=1.5), None, "stddev=1.5"),
    ("GaussianNoise", D(stddev=None), None, "stddev=None"),
    ("ActivityRegularization", D(l1=-1.0), None, "l1=-1.0"),
    ("ActivityRegularization", D(l2="strong"), None, "l2='strong'"),
    ("ActivityRegularization", D(l3=1.0), None, "l3=1.0"),
]


@pytest.mark.parametrize(("layer", "arguments", "shape", "names"), MISTAKES, ids=range(len(MISTAKES)))
def test_mistakes_are_explained(layer, arguments, shape, names):
    assert_refused(layer, arguments, shape, names)


@pytest.mark.parametrize("layer", [layers.Dropout, layers.AlphaDropout])
@pytest.mark.parametrize("noise_shape", [(None, 1), (None, 1, 1, 1), (None, 3, 1), (4, 1, 1)])
def test_the_shape_of_the_noise_must_fit_in_training(layer, noise_shape):
    x = np.ones((2, 1, 5), "float32")
    with pytest.raises(ValueError, match=r"`noise_shape` does not fit.*Expected: 3 sizes.*\(2, 1, 5\).*Fix: "):
        layer(0.5, noise_shape=noise_shape)(x, training=True)
