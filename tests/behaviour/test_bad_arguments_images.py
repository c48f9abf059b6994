"""Wrong arguments and inputs of the layers of images."""

import numpy as np
import pytest
from cases.mistakes import Mistake, assert_refused

from lamina import layers

D = dict
SHAPE = (2, 8, 7, 3)
SAMPLED = [
    ("RandomRotation", D(factor=0.1)),
    ("RandomTranslation", D(height_factor=0.1, width_factor=0.1)),
    ("RandomZoom", D(height_factor=0.1)),
    ("RandomShear", D(x_factor=0.1)),
    ("RandomElasticTransform", D()),
]
FACTORS = [
    *(("RandomRotation", "factor", D(), value) for value in (1.5, -2, "much", (0.1, 1.2), (0.1,), float("nan"), True)),
    *(("RandomTranslation", "height_factor", D(width_factor=0.0), value) for value in (1.1, (-2, 0), None)),
    *(("RandomTranslation", "width_factor", D(height_factor=0.0), value) for value in (-1.1, (0, 0, 0))),
    *(("RandomZoom", "height_factor", D(), value) for value in (-1.0, 1.5, (-1.0, 0.0), "x")),
    ("RandomZoom", "width_factor", D(height_factor=0.0), 2),
    *(("RandomShear", "x_factor", D(), value) for value in (-0.1, 1.1, (-0.2, 0.1), None)),
    *(("RandomShear", "y_factor", D(), value) for value in (2.0, (0.1, 1.1))),
    *((layer, "factor", D(), -0.1) for layer in ("RandomPerspective", "RandomElasticTransform", "RandomErasing")),
    *((layer, "scale", D(), 1.1) for layer in ("RandomPerspective", "RandomElasticTransform", "RandomErasing")),
    *(("CutMix", "factor", D(), value) for value in (1.1, -0.5, (0, 2))),
    *(("MixUp", "alpha", D(), value) for value in (0, -1, "x", None)),
    *(("RandomBrightness", "factor", D(), value) for value in (1.1, -1.5, (0, 3), None)),
    *((layer, "factor", D(), value) for layer in ("RandomHeight", "RandomWidth") for value in (-0.2, 1.5, (0.3, 0.1))),
    ("RandomHeight", "factor", D(), (-1.5, 0.0)),
]
SIZES = [
    (layer, name, value)
    for layer in ("Resizing", "CenterCrop", "RandomCrop")
    for name in ("height", "width")
    for value in (0, -3, 2.5, None, "8")
]

MISTAKES: list[Mistake] = [
    *((layer, {**more, name: value}, None, f"{layer}: `{name}`.*{name}=") for layer, name, more, value in FACTORS),
    *(
        (layer, {"height": 4, "width": 4, name: v}, None, f"{layer}: `{name}`.*{name}={v!r}")
        for layer, name, v in SIZES
    ),
    *(
        (layer, {**more, "interpolation": "cubic"}, None, f"{layer}: `interpolation`.*'cubic'")
        for layer, more in SAMPLED
    ),
    *((layer, {**more, "fill_mode": "edge"}, None, f"{layer}: `fill_mode`.*'edge'") for layer, more in SAMPLED),
    *((layer, {**more, "fill_mode": "mirror"}, None, f"{layer}: `fill_mode`") for layer, more in SAMPLED[:4]),
    *((layer, {**more, "seed": 1.5}, None, "seed=1.5") for layer, more in SAMPLED),
    *((layer, {**more, "data_format": "last"}, None, "data_format='last'") for layer, more in SAMPLED),
    *(
        (layer, {**more, "bounding_box_format": "xxyy"}, None, "`bounding_box_format`.*'xxyy'")
        for layer, more in SAMPLED
    ),
    *((layer, more, (8, 7), f"{layer}: these are no images.*rank 3.*rank 4.*\\(8, 7\\)") for layer, more in SAMPLED),
    *((layer, more, (1, 2, 8, 7, 3), r"these are no images.*\(1, 2, 8, 7, 3\)") for layer, more in SAMPLED),
    *(
        (layer, more, [(8, 7, 3), (8, 7, 3), (9, 7, 3)], r"cannot be put into one batch.*\(8, 7, 3\), \(9, 7, 3\)")
        for layer, more in (*SAMPLED, ("Resizing", D(height=4, width=4)))
    ),
    ("Resizing", D(height=4, width=4, interpolation="area"), None, "`interpolation`.*'lanczos5'.*'area'"),
    ("Resizing", D(height=4, width=4, fill_mode="reflect"), None, "`fill_mode`.*'constant'.*'reflect'"),
    ("Resizing", D(height=4, width=4, crop_to_aspect_ratio=True, pad_to_aspect_ratio=True), None, "cropped and padded"),
    ("RandomFlip", D(mode="sideways"), None, "RandomFlip: `mode`.*'horizontal'.*'sideways'"),
    ("RandomCrop", D(height=4, width=4), (None, None, 8, 3), r"RandomCrop: the size.*\(None, None, 8, 3\)"),
    ("RandomErasing", D(fill_value=(1, 2)), None, r"`fill_value` is no color.*\(1, 2\)"),
    ("RandomErasing", D(fill_value="red"), None, "`fill_value`.*'red'"),
    *(
        (layer, {**more, "value_range": value}, None, f"{layer}: `value_range`")
        for layer, more in (
            ("RandomBrightness", D(factor=0.1)),
            ("RandomErasing", D()),
            ("RandomElasticTransform", D()),
        )
        for value in (1, (0, 1, 2), ("a", 1), (0, float("inf")))
    ),
    ("MaxNumBoundingBoxes", D(max_number=0), None, "`max_number`.*max_number=0"),
    ("MaxNumBoundingBoxes", D(max_number=2, fill_value=0.5), None, "`fill_value`.*0.5"),
    ("RandomHeight", D(factor=0.1, interpolation="area"), None, "RandomHeight: `interpolation`.*'area'"),
    ("RandomRotation", D(factor=0.1, turns=2), None, "RandomRotation has no such argument.*turns=2"),
]


@pytest.mark.parametrize(("layer", "arguments", "shape", "names"), MISTAKES, ids=range(len(MISTAKES)))
def test_mistakes_are_explained(layer, arguments, shape, names):
    assert_refused(layer, arguments, shape, names)


IMAGES = np.ones(SHAPE, "float32")
BOXES = {"boxes": np.ones((2, 1, 4), "float32"), "labels": np.ones((2, 1), "int32")}


@pytest.mark.parametrize(
    ("layer", "data", "names"),
    [
        (layers.RandomFlip(), "photo.png", "texts are no images.*photo.png.*load_img"),
        (layers.RandomFlip(), {"pictures": IMAGES}, r"there are no images.*\['pictures'\]"),
        (layers.RandomFlip(), {"images": IMAGES, "bounding_boxes": BOXES}, "the format of the bounding boxes"),
        (
            layers.RandomFlip(bounding_box_format="xyxy"),
            {"images": IMAGES, "bounding_boxes": {"boxes": BOXES["boxes"]}},
            r"these are no bounding boxes.*\['boxes'\]",
        ),
        (
            layers.RandomFlip(bounding_box_format="xyxy"),
            {"images": IMAGES, "bounding_boxes": BOXES["boxes"]},
            "these are no bounding boxes.*Tensor",
        ),
        (
            layers.RandomFlip(bounding_box_format="xyxy"),
            {"images": IMAGES, "bounding_boxes": {**BOXES, "boxes": np.ones((2, 1, 3))}},
            r"four numbers per box.*\(2, 1, 3\)",
        ),
        (
            layers.MaxNumBoundingBoxes(2, bounding_box_format="xyxy"),
            {"images": IMAGES, "bounding_boxes": {"boxes": np.ones((1, 4)), "labels": np.ones((1,))}},
            r"do not belong to the images.*\(1, 4\)",
        ),
        (layers.CutMix(bounding_box_format="xyxy"), {"images": IMAGES, "bounding_boxes": BOXES}, "cannot be cut"),
        (
            layers.RandomElasticTransform(bounding_box_format="xyxy"),
            {"images": IMAGES, "bounding_boxes": BOXES},
            "cannot be moved",
        ),
        *(
            (layer, {"images": IMAGES, "labels": np.array([1, 2])}, r"class numbers cannot be mixed.*\(2,\).*one_hot")
            for layer in (layers.CutMix(), layers.MixUp())
        ),
    ],
    ids=range(11),
)
def test_mistakes_in_dicts_are_explained(layer, data, names):
    with pytest.raises((TypeError, ValueError, NotImplementedError), match=names) as caught:
        layer(data, training=True)
    assert all(part in str(caught.value) for part in ("Expected: ", "Received: ", "Fix: "))
