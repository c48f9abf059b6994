"""Bounding boxes against those of Keras."""

import itertools

import keras
import numpy as np
import pytest

import lamina

rng = np.random.default_rng(4)
CORNERS = np.concatenate([a := rng.uniform(0, 40, (2, 3, 2)), a + rng.uniform(5, 30, (2, 3, 2))], -1).astype("float32")
FORMATS = ["xyxy", "yxyx", "xywh", "center_xywh", "center_yxhw", "rel_xyxy", "rel_yxyx", "rel_xywh", "rel_center_xywh"]
mine, theirs = lamina.utils.bounding_boxes, keras.utils.bounding_boxes
VARIANCE = [0.1, 0.1, 0.2, 0.2]


def close(got, wanted):
    if isinstance(wanted, dict):
        assert list(got) == list(wanted)
        for key in wanted:
            close(got[key], wanted[key])
    else:
        np.testing.assert_allclose(np.asarray(got), np.asarray(wanted), rtol=1e-5, atol=1e-4)


def test_names():
    assert set(mine.__all__) == {name for name in dir(theirs) if not name.startswith("_")}


@pytest.mark.parametrize("source", FORMATS)
def test_formats(source):
    size = {"height": 80, "width": 100}
    boxes = theirs.convert_format(CORNERS, "xyxy", source, **size)
    for target in FORMATS:
        close(
            mine.convert_format(np.asarray(boxes), source, target, **size),
            theirs.convert_format(boxes, source, target, **size),
        )


CALLS = {
    "clip": ("clip_to_image_size", lambda: ({"boxes": CORNERS - 30, "labels": np.arange(6).reshape(2, 3)}, 20, 25)),
    "clip relative": ("clip_to_image_size", lambda: ({"boxes": CORNERS / 30 - 1}, None, None, "rel_xyxy")),
    "crop": ("crop", lambda: (CORNERS, 10, 5, 30, 20)),
    "pad": ("pad", lambda: (CORNERS, 10, 5)),
    "encode": ("encode_box_to_deltas", lambda: (CORNERS[0], CORNERS[:, ::-1], "xyxy", "xyxy")),
    "encode with variance": (
        "encode_box_to_deltas",
        lambda: (CORNERS[0] / 90, CORNERS[1], "rel_xyxy", "xywh", "center_xywh", VARIANCE, (90, 90, 3)),
    ),
    "decode": ("decode_deltas_to_boxes", lambda: (CORNERS[0], CORNERS / 90, "xyxy", "xywh")),
    "decode levels": (
        "decode_deltas_to_boxes",
        lambda: ({1: CORNERS[0]}, {1: CORNERS / 90}, "yxyx", "rel_xyxy", "center_xywh", VARIANCE, (90, 80, 3)),
    ),
    "ciou": ("compute_ciou", lambda: (CORNERS, CORNERS[:, ::-1], "xyxy")),
    **{
        f"iou {i}{j}": ("compute_iou", lambda i=i, j=j: (CORNERS[i], CORNERS[j][..., ::1], "xywh"))
        for i, j in itertools.product((0, slice(2)), repeat=2)
        if (i, j) != (0, slice(2))
    },
    "masked": ("compute_iou", lambda: (CORNERS[0], np.concatenate([CORNERS[1], -CORNERS[1]]), "xyxy", True, -2)),
    "relative": ("compute_iou", lambda: (CORNERS / 90, CORNERS / 80, "rel_yxyx", False, -1, (90, 80, 3))),
}


@pytest.mark.parametrize("name", CALLS)
def test_calls(name):
    function, arguments = CALLS[name]
    close(getattr(mine, function)(*arguments()), getattr(theirs, function)(*arguments()))


def test_affine_transform():
    values = [rng.uniform(-0.4, 0.4, 2).astype("float32") for _ in range(6)]
    values[0] *= 90
    values[3] += 1
    for center in ((), (np.float32([0.2, 0.3]), np.float32([0.4, 0.1]))):
        close(
            mine.affine_transform(CORNERS, *values, 80, 100, *center),
            theirs.affine_transform(CORNERS, *map(keras.ops.convert_to_tensor, values), 80, 100, *center),
        )


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda b: b.convert_format(CORNERS, "xyxy", "xxyy"), ValueError),
        (lambda b: b.convert_format(CORNERS[..., :3], "xyxy", "xywh"), ValueError),
        (lambda b: b.convert_format(CORNERS, "xyxy", "rel_xywh"), ValueError),
        (lambda b: b.clip_to_image_size({"boxes": CORNERS}), ValueError),
        (lambda b: b.clip_to_image_size({"boxes": CORNERS}, 1, 1, "xywh"), NotImplementedError),
        (lambda b: b.crop(CORNERS, 1, 1, 1, 1, "xywh"), NotImplementedError),
        (lambda b: b.encode_box_to_deltas(CORNERS, CORNERS, "xyxy", "xyxy", "xywh"), ValueError),
        (lambda b: b.encode_box_to_deltas(CORNERS, CORNERS, "xyxy", "xyxy", variance=[1, 2]), ValueError),
        (lambda b: b.decode_deltas_to_boxes(CORNERS, CORNERS, "xyxy", "xyxy", "xywh"), ValueError),
        (lambda b: b.compute_iou(CORNERS[0, 0], CORNERS, "xyxy"), ValueError),
        (lambda b: b.compute_iou(CORNERS, CORNERS, "rel_xyxy"), ValueError),
        (lambda b: b.compute_ciou(CORNERS, CORNERS, "rel_xyxy"), ValueError),
    ],
)
def test_bad_arguments(call, error):
    for library in (mine, theirs):
        with pytest.raises(error) as caught:
            call(library)
        assert library is theirs or "Expected:" in str(caught.value)


def test_legacy_records():
    records = [library.utils.legacy.serialize_keras_object(library.regularizers.L2(0.5)) for library in (lamina, keras)]
    assert records[0] == records[1] == {"class_name": "L2", "config": {"l2": 0.5}}
    legacy, known = lamina.utils.legacy, {"L2": lamina.regularizers.L2}
    for keywords in ({"module_objects": known}, {"custom_objects": known}):
        assert legacy.deserialize_keras_object(records[0], **keywords).l2 == 0.5
    assert isinstance(legacy.deserialize_keras_object("L2", custom_objects=known), lamina.regularizers.L2)
    assert legacy.serialize_keras_object(lamina.activations.relu) == "relu"
    assert legacy.deserialize_keras_object("relu", {"relu": len}) is len
    assert legacy.serialize_keras_object(None) is legacy.deserialize_keras_object(None) is None
    layer = legacy.serialize_keras_object(lamina.layers.Dense(1, activation="relu"))
    assert layer["config"]["activation"] == "relu"
    with pytest.raises(ValueError, match="cannot be serialized"):
        legacy.serialize_keras_object(3)
    with pytest.raises(ValueError, match="did you mean 'L2'"):
        legacy.deserialize_keras_object("L22", known)
    with pytest.raises(ValueError, match="cannot be read"):
        legacy.deserialize_keras_object({"a": 1}, known)
