"""What functions of images say about wrong arguments."""

import numpy as np
import pytest

from lamina import _core
from lamina.ops import image

BATCH = np.zeros((2, 5, 6, 3), "float32")
FLAT = np.zeros((5, 6), "float32")
BYTES = np.zeros((5, 6, 3), "uint8")
TWO_CHANNELS = np.zeros((5, 6, 2), "float32")
EIGHT = np.zeros(8, "float32")
POINTS = np.zeros((4, 2), "float32")
CROP = {"top_cropping": 1, "left_cropping": 1, "target_height": 2, "target_width": 2}
PAD = {"top_padding": 1, "left_padding": 1, "target_height": 9, "target_width": 9}
SCALE = {"scale": [1.0], "translation": [0.0], "spatial_dims": (1,), "method": "linear"}

ROWS = [
    ("rgb_to_grayscale", (FLAT,), {}, "wrong rank"),
    ("rgb_to_grayscale", (TWO_CHANNELS,), {}, "number of channels"),
    ("rgb_to_grayscale", (BATCH,), {"data_format": "channels_second"}, "data format"),
    ("rgb_to_hsv", (FLAT,), {}, "wrong rank"),
    ("rgb_to_hsv", (BYTES,), {}, "not floating"),
    ("rgb_to_hsv", (TWO_CHANNELS,), {}, "three channels"),
    ("hsv_to_rgb", (BYTES,), {}, "not floating"),
    ("hsv_to_rgb", (TWO_CHANNELS,), {}, "three channels"),
    ("resize", (FLAT, (2, 2)), {}, "wrong rank"),
    *(("resize", (BATCH, size), {}, "height and a width") for size in (4, (4,), (4, 0), (4, -1), (4, 2.5), (1, 2, 3))),
    ("resize", (BATCH, (2, 2)), {"interpolation": "area"}, "`interpolation` is not known"),
    ("resize", (BATCH, (2, 2)), {"fill_mode": "reflect"}, "`fill_mode` is not known"),
    ("resize", (BATCH, (2, 2)), {"crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True}, "both"),
    ("scale_and_translate", (BATCH, (2, 4, 6, 3)), {**SCALE, "method": "nearest"}, "`method` is not known"),
    ("scale_and_translate", (BATCH, (2, 4, 6)), SCALE, "output_shape"),
    ("scale_and_translate", (BATCH, (2, 4, 7, 3)), SCALE, "output_shape"),
    ("scale_and_translate", (BATCH, (2, 4, 6, 3)), {**SCALE, "spatial_dims": (4,)}, "spatial_dims"),
    ("scale_and_translate", (BATCH, (2, 4, 6, 3)), {**SCALE, "scale": [1.0, 2.0]}, "`scale` does not fit"),
    ("scale_and_translate", (BATCH, (2, 4, 6, 3)), {**SCALE, "scale": _core.Tensor(EIGHT)}, "`scale` does not fit"),
    ("scale_and_translate", (BATCH, (2, 4, 6, 3)), {**SCALE, "scale": [0.0]}, "scale is 0"),
    ("scale_and_translate", (BATCH, (2, 4, 6, 3)), {**SCALE, "translation": []}, "`translation` does not fit"),
    ("map_coordinates", (FLAT, np.zeros((3, 4))), {"order": 1}, "do not fit the input"),
    ("map_coordinates", (FLAT, np.zeros(2)), {"order": 1}, "do not fit the input"),
    ("map_coordinates", (FLAT, np.zeros((2, 4))), {"order": 2}, "`order` is not known"),
    ("map_coordinates", (FLAT, np.zeros((2, 4))), {"order": 1, "fill_mode": "edge"}, "`fill_mode` is not known"),
    ("map_coordinates", (FLAT[:0], np.zeros((2, 4))), {"order": 1, "fill_mode": "wrap"}, "an axis is empty"),
    ("affine_transform", (FLAT, EIGHT), {}, "wrong rank"),
    ("affine_transform", (BATCH, EIGHT[:6]), {}, "`transform` has the wrong shape"),
    ("affine_transform", (BATCH, np.zeros((1, 1, 8))), {}, "`transform` has the wrong shape"),
    ("affine_transform", (BATCH, np.zeros((3, 8))), {}, "`transform` does not fit"),
    ("affine_transform", (BATCH, EIGHT), {"interpolation": "bicubic"}, "`interpolation` is not known"),
    ("affine_transform", (BATCH, EIGHT), {"fill_mode": "edge"}, "`fill_mode` is not known"),
    ("perspective_transform", (FLAT, POINTS, POINTS), {}, "wrong rank"),
    ("perspective_transform", (BATCH, POINTS[:3], POINTS), {}, "`start_points` has the wrong shape"),
    ("perspective_transform", (BATCH, POINTS, POINTS[None]), {}, "`end_points` has the wrong shape"),
    ("perspective_transform", (BATCH, np.zeros((3, 4, 2)), np.zeros((3, 4, 2))), {}, "`start_points` does not fit"),
    ("perspective_transform", (BATCH, POINTS, POINTS), {"interpolation": "bicubic"}, "`interpolation` is not known"),
    ("elastic_transform", (FLAT,), {}, "wrong rank"),
    ("elastic_transform", (BATCH,), {"sigma": 0.0}, "`sigma` is 0"),
    ("elastic_transform", (BATCH,), {"sigma": -1.0}, "`sigma` is out of range"),
    ("elastic_transform", (BATCH,), {"interpolation": "bicubic"}, "`interpolation` is not known"),
    ("elastic_transform", (BATCH,), {"fill_mode": "edge"}, "`fill_mode` is not known"),
    ("elastic_transform", (BATCH,), {"seed": "one"}, "seed"),
    ("extract_patches", (FLAT, 2), {}, "wrong rank"),
    ("extract_patches", (BATCH, (2, 2, 2, 2)), {}, "2 or 3 ints"),
    ("extract_patches", (BATCH, 0), {}, "`size`"),
    ("extract_patches", (BATCH, 2), {"strides": 0}, "`strides`"),
    ("extract_patches", (BATCH, 2), {"dilation_rate": (1, 2, 3)}, "`dilation_rate`"),
    ("extract_patches", (BATCH, 2), {"padding": "causal"}, "`padding` is not known"),
    ("extract_patches", (BATCH, 6), {}, "smaller than a patch"),
    ("extract_patches_3d", (FLAT, 2), {}, "wrong rank"),
    ("extract_patches_3d", (BATCH, (2, 2)), {}, "`size`"),
    ("reconstruct_patches", (np.zeros((2, 2, 3, 12)), 2, (4, 8)), {}, "do not fit `output_size`"),
    ("reconstruct_patches", (np.zeros((2, 2, 3, 11)), 2, (4, 6)), {}, "do not fit `output_size`"),
    ("reconstruct_patches", (np.zeros((2, 2, 3, 12)), 2, (4, 6)), {"strides": 3}, "gaps"),
    ("reconstruct_patches", (np.zeros((2, 2, 3, 12)), 2, 4.5), {}, "`output_size`"),
    ("gaussian_blur", (FLAT,), {}, "wrong rank"),
    ("gaussian_blur", (BATCH,), {"kernel_size": (3, 0)}, "`kernel_size`"),
    ("gaussian_blur", (BATCH,), {"sigma": 1.0}, "not a pair"),
    ("sobel_edges", (TWO_CHANNELS,), {}, "wrong rank"),
    ("ssim", (FLAT, FLAT), {}, "wrong rank"),
    ("ssim", (BATCH, BATCH[0]), {}, "differ in shape"),
    ("ssim", (BATCH, BATCH[:, :4]), {}, "differ in shape"),
    ("ssim", (BATCH, BATCH), {"filter_size": 0}, "`filter_size`"),
    ("ssim", (BATCH, BATCH), {}, "kernel|window"),
    ("crop_images", (FLAT,), CROP, "wrong rank"),
    ("crop_images", (BATCH,), {**CROP, "bottom_cropping": 1}, "exactly two"),
    ("crop_images", (BATCH,), {**CROP, "target_width": None}, "exactly two"),
    ("crop_images", (BATCH,), {**CROP, "top_cropping": -1}, "`top_cropping` is out of range"),
    ("crop_images", (BATCH,), {**CROP, "left_cropping": 5}, "do not fit the images"),
    ("crop_images", (BATCH,), {**CROP, "target_height": None, "bottom_cropping": 5}, "do not fit the images"),
    ("pad_images", (FLAT,), PAD, "wrong rank"),
    ("pad_images", (BATCH,), {**PAD, "bottom_padding": 1}, "exactly two"),
    ("pad_images", (BATCH,), {**PAD, "left_padding": -1}, "`left_padding` is out of range"),
    ("pad_images", (BATCH,), {**PAD, "target_height": 5}, "do not fit the images"),
]


@pytest.mark.parametrize(("name", "arguments", "options", "text"), ROWS)
def test_wrong_arguments(name, arguments, options, text):
    with pytest.raises(ValueError, match=text):
        getattr(image, name)(*arguments, **options)


def test_a_size_of_another_type_is_a_type_error():
    with pytest.raises(TypeError, match="`size` is not a size"):
        image.extract_patches(BATCH, "two")


@pytest.mark.parametrize("start", [-1, 3])
def test_a_window_that_leaves_its_axis(start):
    windows = _core.Tensor(np.array([0, start])), _core.Tensor(np.ones((2, 3), "float32"))
    with pytest.raises(ValueError, match="window leaves the axis"):
        _core.ops.resample(_core.Tensor(FLAT), *windows, axis=0)


@pytest.mark.parametrize(
    ("x", "coordinates", "options", "text"),
    [
        (FLAT, np.zeros((1, 1, 4), "float32"), {}, "do not fit the axes"),
        (BATCH, np.zeros((1, 3, 4), "float32"), {}, "do not fit the axes"),
        (BATCH, np.zeros((3, 2, 4), "float32"), {}, "batches"),
        (BATCH, np.zeros((1, 2, 4), "float32"), {"order": 2}, "order 0 or 1"),
        (BATCH, np.zeros((1, 2, 4), "float32"), {"derivatives": [0, 0]}, "different axes"),
        (BATCH, np.zeros((1, 2, 4), "float32"), {"derivatives": [2]}, "different axes"),
        (BATCH, np.zeros((1, 2, 4), "float32"), {"fill_mode": "edge"}, "edge"),
    ],
)
def test_the_op_on_coordinates(x, coordinates, options, text):
    with pytest.raises(ValueError, match=text):
        _core.ops.map_coordinates(_core.Tensor(x), _core.Tensor(coordinates), **options)
