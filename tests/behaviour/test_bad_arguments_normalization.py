"""Wrong arguments and inputs of normalization layers."""

import pytest
from cases.mistakes import Mistake, assert_refused

from lamina import layers

D = dict

MISTAKES: list[Mistake] = [
    ("BatchNormalization", D(axis=[1, 2]), None, r"BatchNormalization: `axis`.*axis=\[1, 2\]"),
    ("BatchNormalization", D(axis=1.5), None, "axis=1.5"),
    ("BatchNormalization", D(axis="last"), None, "axis='last'"),
    ("BatchNormalization", D(axis=3), (2, 3, 4), "axis=3"),
    ("BatchNormalization", D(momentum=1.5), None, "momentum=1.5"),
    ("BatchNormalization", D(momentum=-0.1), None, "momentum=-0.1"),
    ("BatchNormalization", D(epsilon=-1e-3), None, "epsilon=-0.001"),
    ("BatchNormalization", D(epsilon=float("nan")), None, "epsilon=nan"),
    ("BatchNormalization", D(renorm=True, renorm_momentum=2.0), None, "renorm_momentum=2.0"),
    ("BatchNormalization", D(renorm=True, renorm_clipping={"max": 1.0}), None, "`renorm_clipping`.*'max'"),
    ("BatchNormalization", D(renorm=True, renorm_clipping={"rmin": 2.0, "rmax": 1.0}), None, "'rmin' <= 'rmax'"),
    ("BatchNormalization", D(renorm=True, renorm_clipping={"dmax": -1.0}), None, "'dmax' >= 0"),
    ("BatchNormalization", D(gamma_initializer="once"), None, "initializer.*'once'"),
    ("BatchNormalization", D(beta_constraint="positive"), None, "constraint.*'positive'"),
    ("BatchNormalization", D(), (2, 3, None), "number of features"),
    ("LayerNormalization", D(axis="last"), None, "LayerNormalization: `axis`.*axis='last'"),
    ("LayerNormalization", D(axis=[]), None, r"axis=\[\]"),
    ("LayerNormalization", D(axis=[1, 1.5]), None, r"axis=\[1, 1.5\]"),
    ("LayerNormalization", D(axis=[1, 3]), (2, 3, 4), "axis=3"),
    ("LayerNormalization", D(axis=-4, center=False, scale=False), (2, 3, 4), "axis=-4"),
    ("LayerNormalization", D(epsilon=-1.0), None, "epsilon=-1.0"),
    ("LayerNormalization", D(epsilon="small"), None, "epsilon='small'"),
    ("LayerNormalization", D(), (2, 3, None), r"\(None, 3, None\)"),
    ("LayerNormalization", D(rms=True), None, "rms=True"),
    ("RMSNormalization", D(axis=None), None, "RMSNormalization: `axis`.*axis=None"),
    ("RMSNormalization", D(axis=(1, "2")), None, r"axis=\(1, '2'\)"),
    ("RMSNormalization", D(axis=2), (2, 3), "axis=2"),
    ("RMSNormalization", D(epsilon=-1e-6), None, "epsilon=-1e-06"),
    ("RMSNormalization", D(axis=1), (2, None, 3), "axis 1"),
    ("UnitNormalization", D(axis="all"), None, "UnitNormalization: `axis`.*axis='all'"),
    ("UnitNormalization", D(axis=()), None, r"axis=\(\)"),
    ("UnitNormalization", D(axis=[1, 2]), (2, 3), "axis=2"),
    ("UnitNormalization", D(epsilon=1e-3), None, "epsilon=0.001"),
    ("GroupNormalization", D(groups=0), None, "GroupNormalization: `groups`.*groups=0"),
    ("GroupNormalization", D(groups=-2), None, "groups=-2"),
    ("GroupNormalization", D(groups=2.0), None, "groups=2.0"),
    ("GroupNormalization", D(groups=2, axis=[1, 2]), None, r"axis=\[1, 2\]"),
    ("GroupNormalization", D(groups=2, axis=3), (2, 3, 4), "axis=3"),
    ("GroupNormalization", D(groups=2, axis=0), (2, 3, 4), "another axis than the batch"),
    ("GroupNormalization", D(groups=3), (2, 3, 4), "divisible by groups=3.*4 features on axis 2"),
    ("GroupNormalization", D(), (2, 8), "groups=32"),
    ("GroupNormalization", D(groups=2), (2, 3, None), "number of features"),
    ("GroupNormalization", D(epsilon=-1.0), None, "epsilon=-1.0"),
    ("SpectralNormalization", D(layer="dense"), None, "SpectralNormalization: `layer` is not a layer.*'dense'"),
    ("SpectralNormalization", D(layer=layers.Dense), None, "made already"),
    ("SpectralNormalization", D(layer=layers.Dense(2), power_iterations=0), None, "power_iterations=0"),
    ("SpectralNormalization", D(layer=layers.Dense(2), power_iterations=1.5), None, "power_iterations=1.5"),
    ("SpectralNormalization", D(layer=layers.ReLU()), (2, 3), "`kernel` or `embeddings`.*ReLU"),
    ("Wrapper", D(layer=None), None, "Wrapper: `layer` is not a layer.*layer=None"),
    ("Wrapper", D(layer=lambda x: x), None, "lambda"),
    ("Wrapper", D(layer=layers.Dense(2), units=3), None, "units=3"),
    ("Wrapper", D(layer=layers.Dense(2)), (2, 3), "Wrapper cannot be called"),
]


@pytest.mark.parametrize(("layer", "arguments", "shape", "names"), MISTAKES, ids=range(len(MISTAKES)))
def test_mistakes_are_explained(layer, arguments, shape, names):
    assert_refused(layer, arguments, shape, names)
