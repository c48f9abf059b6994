"""Wrong arguments and inputs of layers that move, repeat, pad or crop values."""

import pytest
from cases.mistakes import Mistake, assert_refused

D = dict

MISTAKES: list[Mistake] = [
    ("Flatten", D(data_format="first"), None, "data_format='first'"),
    ("Reshape", D(target_shape=(-1, -1)), None, r"Reshape: `target_shape`.*\(-1, -1\)"),
    ("Reshape", D(target_shape=(-2, 3)), None, r"\(-2, 3\)"),
    ("Reshape", D(target_shape=(2.0, 3)), None, r"\(2.0, 3\)"),
    ("Reshape", D(target_shape="23"), None, "target_shape=23"),
    ("Reshape", D(target_shape=None), None, "target_shape=None"),
    ("Reshape", D(target_shape=(5,)), (2, 3, 2), r"product is 6.*target_shape=\(5,\)"),
    ("Reshape", D(target_shape=(4, -1)), (2, 3, 2), r"\(4, -1\)"),
    ("Permute", D(dims=(1, 3)), None, r"Permute: `dims`.*\(1, 3\)"),
    ("Permute", D(dims=(0, 1)), None, r"dims=\(0, 1\)"),
    ("Permute", D(dims=(1, 1)), None, r"dims=\(1, 1\)"),
    ("Permute", D(dims=(2.0, 1)), None, r"dims=\(2.0, 1\)"),
    ("Permute", D(dims=()), None, r"dims=\(\)"),
    ("Permute", D(dims=2), None, "dims=2"),
    ("Permute", D(dims=(2, 1)), (2, 3), "permute.*rank 3"),
    ("RepeatVector", D(n=0), None, "n=0"),
    ("RepeatVector", D(n=2.5), None, "n=2.5"),
    ("RepeatVector", D(n=[2]), None, r"n=\[2\]"),
    ("RepeatVector", D(n=2), (2, 3, 4), "repeat_vector.*rank 2"),
    ("ZeroPadding1D", D(padding=-1), None, "ZeroPadding1D: `padding`.*padding=-1"),
    ("ZeroPadding1D", D(padding=(1, 2, 3)), None, r"padding=\(1, 2, 3\)"),
    ("ZeroPadding1D", D(), (2, 3, 4, 5), "zero_padding1d.*rank 3"),
    ("ZeroPadding2D", D(padding=1.5), None, "padding=1.5"),
    ("ZeroPadding2D", D(padding=((1, 2), (1, 2, 3))), None, "2 pairs"),
    ("ZeroPadding2D", D(padding=(1, -1)), None, r"padding=\(1, -1\)"),
    ("ZeroPadding2D", D(data_format="NCHW"), None, "data_format='NCHW'"),
    ("ZeroPadding2D", D(), (2, 3, 4), "rank 4"),
    ("ZeroPadding3D", D(padding=(1, 2)), None, "3 spatial axes"),
    ("ZeroPadding3D", D(padding="same"), None, "padding='same'"),
    ("Cropping1D", D(cropping=-1), None, "Cropping1D: `cropping`.*cropping=-1"),
    ("Cropping1D", D(cropping=(2, 1)), (2, 3, 4), r"nothing would be left.*\(2, 3, 4\)"),
    ("Cropping1D", D(data_format="channels_first"), None, "data_format"),
    ("Cropping2D", D(cropping="x"), None, "cropping='x'"),
    ("Cropping2D", D(cropping=((1, 0), 2.5)), None, r"cropping=\(\(1, 0\), 2.5\)"),
    ("Cropping2D", D(cropping=((0, 0), (4, 4))), (2, 3, 8, 1), "nothing would be left"),
    ("Cropping2D", D(data_format=0), None, "data_format=0"),
    ("Cropping3D", D(cropping=(1, 1)), None, "3 spatial axes"),
    ("Cropping3D", D(cropping=1), (1, 3, 3, 2, 1), "crop less"),
    ("Cropping3D", D(), (2, 3, 4, 5), "rank 5"),
    ("UpSampling1D", D(size=0), None, "UpSampling1D: `size`.*size=0"),
    ("UpSampling1D", D(size=1.5), None, "size=1.5"),
    ("UpSampling1D", D(size=(2, 2)), None, r"size=\(2, 2\)"),
    ("UpSampling1D", D(data_format="channels_last"), None, "data_format"),
    ("UpSampling1D", D(), (2, 3), "up_sampling1d.*rank 3"),
    ("UpSampling2D", D(size=(2,)), None, "2 spatial axes"),
    ("UpSampling2D", D(size=(2, -1)), None, r"size=\(2, -1\)"),
    ("UpSampling2D", D(size=None), None, "size=None"),
    ("UpSampling2D", D(interpolation="nearst"), None, "`interpolation`.*'lanczos5'.*'nearst'"),
    ("UpSampling2D", D(interpolation=3), None, "interpolation=3"),
    ("UpSampling2D", D(data_format="last"), None, "data_format='last'"),
    ("UpSampling2D", D(), (2, 3, 4), "rank 4"),
    ("UpSampling3D", D(size=(2, 2)), None, "3 spatial axes"),
    ("UpSampling3D", D(interpolation="bilinear"), None, "interpolation='bilinear'"),
    ("UpSampling3D", D(), (2, 3, 4, 5), "rank 5"),
]


@pytest.mark.parametrize(("layer", "arguments", "shape", "names"), MISTAKES, ids=range(len(MISTAKES)))
def test_mistakes_are_explained(layer, arguments, shape, names):
    assert_refused(layer, arguments, shape, names)
