"""Layers of images against Keras: both get one transformation, and do the same to images, masks, labels and boxes."""

import keras
import numpy as np
import pytest

import lamina
from lamina import ops

D = dict
rng = np.random.default_rng(4)
IMAGES = rng.uniform(0, 255, (2, 8, 6, 3)).astype("float32")
MASKS = rng.integers(0, 5, (2, 8, 6, 1)).astype("int32")
LABELS = np.eye(3, dtype="float32")[[0, 2]]
corners = rng.uniform(0, 4, (2, 3, 2))
BOXES = np.concatenate([corners, corners + rng.uniform(0.5, 3.0, (2, 3, 2))], -1).astype("float32")
CLASSES = rng.integers(0, 9, (2, 3)).astype("int32")

ROWS = [
    ("Resizing", D(height=4, width=9)),
    ("Resizing", D(height=5, width=3, crop_to_aspect_ratio=True, interpolation="bicubic")),
    ("Resizing", D(height=4, width=9, pad_to_aspect_ratio=True, fill_value=7.0, interpolation="nearest")),
    ("Resizing", D(height=4, width=9, crop_to_aspect_ratio=True)),
    ("Resizing", D(height=3, width=3, antialias=True, interpolation="lanczos3")),
    ("CenterCrop", D(height=5, width=3)),
    ("CenterCrop", D(height=8, width=6)),
    ("CenterCrop", D(height=7, width=9)),
    ("CenterCrop", D(height=12, width=4)),
    ("RandomFlip", D(mode="horizontal")),
    ("RandomFlip", D(mode="vertical")),
    ("RandomFlip", D()),
    ("RandomRotation", D(factor=0.3)),
    ("RandomRotation", D(factor=(-0.1, 0.2), fill_mode="constant", fill_value=9.0)),
    ("RandomTranslation", D(height_factor=0.3, width_factor=(-0.2, 0.4))),
    ("RandomTranslation", D(height_factor=0.3, width_factor=0.2, fill_mode="nearest", interpolation="nearest")),
    ("RandomZoom", D(height_factor=0.4)),
    ("RandomZoom", D(height_factor=(-0.5, -0.1), width_factor=(0.2, 0.6), fill_mode="wrap")),
    ("RandomShear", D(x_factor=0.4, y_factor=(0.1, 0.3))),
    ("RandomShear", D(x_factor=(0.1, 0.2), fill_mode="constant")),
    ("RandomPerspective", D(factor=(0.7, 1.0), scale=0.6)),
    ("RandomPerspective", D(factor=0.0, interpolation="nearest")),
    ("RandomCrop", D(height=5, width=4)),
    ("RandomCrop", D(height=8, width=6)),
    ("RandomErasing", D()),
    ("RandomErasing", D(factor=(0.9, 1.0), scale=(0.2, 0.4), fill_value=300)),
    ("CutMix", D()),
    ("CutMix", D(factor=(0.2, 0.4))),
    ("MixUp", D(alpha=0.5)),
    ("RandomBrightness", D(factor=0.5)),
]
EACH = pytest.mark.parametrize(("name", "arguments"), ROWS, ids=[f"{name}-{i}" for i, (name, _) in enumerate(ROWS)])
FORMATS = ["xyxy", "rel_xywh"]


def theirs_of(value):
    """Our tensors as arrays of JAX."""
    to_theirs = lambda x: keras.ops.convert_to_tensor(x.numpy()) if hasattr(x, "numpy") else x  # noqa: E731
    return lamina.tree.map_structure(to_theirs, value)


def close(got, wanted, what):
    wanted = np.asarray(wanted)
    assert got.shape == wanted.shape, what
    assert got.dtype == str(wanted.dtype), what
    np.testing.assert_allclose(got.numpy(), wanted, rtol=2e-5, atol=2e-4, err_msg=what)


def both(name, arguments, **more):
    return [getattr(library.layers, name)(**arguments, **more) for library in (lamina, keras)]


def names_of(theirs):
    """What a transformation of Keras has; it is traced only, as compiling random numbers takes seconds."""
    import jax

    names = set()
    with keras.StatelessScope():
        jax.eval_shape(lambda x: names.update(theirs.get_random_transformation(x)) or x, IMAGES)
    return names


@EACH
def test_one_transformation(name, arguments):
    ours, theirs = both(name, {**arguments, "seed": 3} if "Random" in name else arguments)
    transformation = ours.get_random_transformation(IMAGES)
    same = theirs_of(transformation)
    if isinstance(transformation, dict):
        assert set(transformation) == names_of(theirs)
    if name == "RandomCrop":
        same = same[:2]  # ours knows the sizes of the images, too
    parts = [("images", IMAGES), ("segmentation_masks", MASKS), ("labels", LABELS)]
    for part, value in parts if name != "MixUp" else parts[::2]:  # Keras mixes masks of other images
        method = f"transform_{part}"
        got = getattr(ours, method)(ops.convert_to_tensor(value), transformation, training=True)
        wanted = getattr(theirs, method)(keras.ops.convert_to_tensor(value), same, training=True)
        close(got, wanted, part)


# Keras takes the boxes that these turn for 'xyxy', whatever they are. The last two have tests of their own.
ONLY_CORNERS = ("RandomRotation", "RandomPerspective")
WITHOUT = ("CutMix", "MixUp", "RandomCrop")
WITH_BOXES = [
    (*row, form)
    for row in ROWS
    for form in FORMATS
    if row[0] not in WITHOUT and (row[0] not in ONLY_CORNERS or form == "xyxy")
]


@pytest.mark.parametrize(("name", "arguments", "form"), WITH_BOXES, ids=range(len(WITH_BOXES)))
def test_boxes(name, arguments, form):
    size = {"height": 8, "width": 6}
    boxes = np.asarray(keras.utils.bounding_boxes.convert_format(BOXES, "xyxy", form, **size))
    ours, theirs = both(name, arguments, bounding_box_format=form)
    transformation = ours.get_random_transformation(IMAGES)
    got = ours.transform_bounding_boxes({"boxes": boxes, "labels": CLASSES}, transformation)
    tensors = {"boxes": keras.ops.convert_to_tensor(boxes), "labels": keras.ops.convert_to_tensor(CLASSES)}
    wanted = theirs.transform_bounding_boxes(tensors, theirs_of(transformation))
    for key in ("boxes", "labels"):
        close(ops.convert_to_tensor(got[key]), wanted[key], key)
