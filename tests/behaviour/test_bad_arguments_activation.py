"""Wrong arguments and inputs of activation layers."""

import pytest
from cases.mistakes import Mistake, assert_refused

D = dict

MISTAKES: list[Mistake] = [
    ("Activation", D(activation="rleu"), None, "Unknown activation function.*'rleu'.*'relu'"),
    ("Activation", D(activation=3), None, "activation function"),
    ("ReLU", D(max_value=-1.0), None, "ReLU: `max_value`.*max_value=-1.0"),
    ("ReLU", D(max_value="6"), None, "max_value='6'"),
    ("ReLU", D(negative_slope=-0.1), None, "negative_slope=-0.1"),
    ("ReLU", D(negative_slope=None), None, "negative_slope=None"),
    ("ReLU", D(threshold=-1.0), None, "threshold=-1.0"),
    ("ReLU", D(threshold=None), None, "threshold=None"),
    ("LeakyReLU", D(negative_slope=-0.1), None, "LeakyReLU: `negative_slope`.*-0.1"),
    ("LeakyReLU", D(negative_slope=None), None, "negative_slope=None"),
    ("LeakyReLU", D(alpha="steep"), None, "negative_slope='steep'"),
    ("ELU", D(alpha="x"), None, "ELU: `alpha`.*alpha='x'"),
    ("ELU", D(alpha=float("inf")), None, "alpha=inf"),
    ("PReLU", D(shared_axes=[0]), None, r"PReLU: `shared_axes`.*shared_axes=\[0\]"),
    ("PReLU", D(shared_axes="1"), None, "shared_axes='1'"),
    ("PReLU", D(shared_axes=[1.5]), None, r"shared_axes=\[1.5\]"),
    ("PReLU", D(shared_axes=[3]), (2, 3, 4), "shared_axes=3"),
    ("PReLU", D(alpha_initializer="zero_s"), None, "initializer.*'zero_s'"),
    ("PReLU", D(), (2, None, 3), r"axis 1.*\(None, None, 3\)"),
    ("Softmax", D(axis="last"), None, "Softmax: `axis`.*axis='last'"),
    ("Softmax", D(axis=[]), None, r"axis=\[\]"),
    ("Softmax", D(axis=(1, 1.5)), None, r"axis=\(1, 1.5\)"),
    ("Softmax", D(axis=2), (2, 3), "Softmax: .*axis=2"),
    ("Softmax", D(axis=[1, 2]), (2, 3), "axis=2"),
    ("ThresholdedReLU", D(theta=-1.0), None, "ThresholdedReLU: `theta`.*theta=-1.0"),
    ("ThresholdedReLU", D(theta=None), None, "theta=None"),
]


@pytest.mark.parametrize(("layer", "arguments", "shape", "names"), MISTAKES, ids=range(len(MISTAKES)))
def test_mistakes_are_explained(layer, arguments, shape, names):
    assert_refused(layer, arguments, shape, names)
