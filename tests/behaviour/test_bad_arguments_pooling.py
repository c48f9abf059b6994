"""Wrong arguments and inputs of pooling layers."""

import pytest
from cases.mistakes import Mistake, assert_refused

D = dict

MISTAKES: list[Mistake] = [
    ("MaxPooling1D", D(pool_size=0), None, "MaxPooling1D: `pool_size`.*pool_size=0"),
    ("MaxPooling1D", D(pool_size=(2, 2)), None, r"1 integer, each at least 1.*pool_size=\(2, 2\)"),
    ("MaxPooling2D", D(pool_size=-1), None, "pool_size=-1"),
    ("MaxPooling2D", D(pool_size=2.0), None, "pool_size=2.0"),
    ("MaxPooling2D", D(pool_size="2"), None, "pool_size='2'"),
    ("MaxPooling2D", D(pool_size=True), None, "pool_size=True"),
    ("MaxPooling2D", D(pool_size=(2, 2, 2)), None, "`pool_size` does not describe 2 spatial axes"),
    ("MaxPooling2D", D(strides=0), None, "strides=0"),
    ("MaxPooling2D", D(strides=(1, -1)), None, r"strides=\(1, -1\)"),
    ("MaxPooling2D", D(padding="sane"), None, "`padding` is not known.*'valid', 'same'.*'sane'"),
    ("MaxPooling2D", D(padding="causal"), None, "padding='causal'"),
    ("MaxPooling2D", D(padding=1), None, "padding=1"),
    ("MaxPooling2D", D(data_format="NHWC"), None, "data_format='NHWC'"),
    ("MaxPooling2D", D(pool=2), None, "no such argument.*pool=2"),
    ("MaxPooling2D", D(), (2, 5, 4), "max_pooling2d.*rank 4"),
    ("MaxPooling2D", D(pool_size=6), (2, 5, 7, 1), r"MaxPooling2D: the window is larger.*\(5, 7\)"),
    ("MaxPooling2D", D(pool_size=3, data_format="channels_first"), (1, 4, 4, 2), r"\(4, 2\).*'channels_first'"),
    ("MaxPooling3D", D(pool_size=(1, 2)), None, "3 spatial axes"),
    ("MaxPooling3D", D(), (2, 5, 5, 3), "rank 5"),
    ("AveragePooling1D", D(pool_size=2, strides=1.5), None, "strides=1.5"),
    ("AveragePooling1D", D(pool_size=2, padding="full"), None, "padding='full'"),
    ("AveragePooling1D", D(pool_size=8), (2, 7, 3), r"at least \(8,\)"),
    ("AveragePooling2D", D(pool_size=None), None, "pool_size=None"),
    ("AveragePooling2D", D(pool_size=2), (2, 5, 4), "average_pooling2d"),
    ("AveragePooling3D", D(pool_size=2, data_format="last"), None, "data_format='last'"),
    ("AveragePooling3D", D(pool_size=(0, 1, 1)), None, r"pool_size=\(0, 1, 1\)"),
    ("GlobalMaxPooling1D", D(data_format="channels"), None, "data_format='channels'"),
    ("GlobalMaxPooling1D", D(), (2, 3), "rank 3"),
    ("GlobalMaxPooling2D", D(), (2, 3, 4), "rank 4"),
    ("GlobalMaxPooling3D", D(), (2, 3, 4, 4), "rank 5"),
    ("GlobalAveragePooling1D", D(), (2, 3, 4, 4), "global_average_pooling1d"),
    ("GlobalAveragePooling2D", D(keep_dims=True), None, "keep_dims=True"),
    ("GlobalAveragePooling3D", D(data_format=3), None, "data_format=3"),
    ("AdaptiveMaxPooling1D", D(output_size=0), None, "AdaptiveMaxPooling1D: `output_size`.*output_size=0"),
    ("AdaptiveMaxPooling1D", D(output_size=(2, 2)), None, r"output_size=\(2, 2\)"),
    ("AdaptiveMaxPooling1D", D(output_size=2), (2, 0, 3), "the windows cannot be placed.*adaptive_max_pooling1d"),
    ("AdaptiveMaxPooling2D", D(output_size=2.5), None, "output_size=2.5"),
    ("AdaptiveMaxPooling2D", D(output_size=(3, -1)), None, r"output_size=\(3, -1\)"),
    ("AdaptiveMaxPooling2D", D(output_size=2), (2, 5, 3), "rank 4"),
    ("AdaptiveMaxPooling3D", D(output_size="4"), None, "output_size='4'"),
    ("AdaptiveAveragePooling1D", D(output_size=2, data_format="first"), None, "data_format='first'"),
    ("AdaptiveAveragePooling1D", D(output_size=2), (2, 0, 3), r"not 0.*\(2, 0, 3\)"),
    ("AdaptiveAveragePooling2D", D(output_size=None), None, "output_size=None"),
    ("AdaptiveAveragePooling3D", D(output_size=(1, 2)), None, "3 spatial axes"),
    ("AdaptiveAveragePooling3D", D(output_size=2), (2, 5, 5, 3), "rank 5"),
]


@pytest.mark.parametrize(("layer", "arguments", "shape", "names"), MISTAKES, ids=range(len(MISTAKES)))
def test_mistakes_are_explained(layer, arguments, shape, names):
    assert_refused(layer, arguments, shape, names)
