"""Layers of images: what is drawn, by which seeds, and that labels, masks and boxes go with their images."""

import numpy as np
import pytest

import lamina
from lamina import layers, ops

D = dict
rng = np.random.default_rng(8)
IMAGES = rng.uniform(0, 1, (40, 9, 8, 3)).astype("float32")

RANDOM = [
    ("RandomFlip", D(mode="horizontal")),
    ("RandomRotation", D(factor=0.2)),
    ("RandomTranslation", D(height_factor=0.2, width_factor=0.3)),
    ("RandomZoom", D(height_factor=0.3, width_factor=0.2)),
    ("RandomShear", D(x_factor=0.3, y_factor=0.2)),
    ("RandomPerspective", D(scale=0.5)),
    ("RandomElasticTransform", D(value_range=(0, 1))),
    ("RandomErasing", D(value_range=(0, 1))),
    ("RandomCrop", D(height=4, width=5)),
    ("CutMix", D()),
    ("MixUp", D(alpha=1.0)),
    ("RandomBrightness", D(factor=0.3, value_range=(0, 1))),
]
EACH = pytest.mark.parametrize(("name", "arguments"), RANDOM, ids=[name for name, _ in RANDOM])


def make(name, arguments, **more):
    return getattr(layers, name)(**arguments, **{"seed": 3, **more})


def drawn(layer, x=IMAGES):
    return layer(x, training=True).numpy()


@EACH
def test_seeds_decide_for_any_number_of_threads(name, arguments):
    layer = make(name, arguments)
    first, second = drawn(layer), drawn(layer)
    assert first.dtype == np.float32
    assert not np.array_equal(first, second)
    same = type(layer).from_config(layer.get_config())
    threads = lamina.config.num_threads()
    try:
        lamina.config.set_num_threads(1)
        np.testing.assert_array_equal(drawn(same), first)
        lamina.config.set_num_threads(2)
        np.testing.assert_array_equal(drawn(same), second)
    finally:
        lamina.config.set_num_threads(threads)
    assert not np.array_equal(drawn(make(name, arguments, seed=4)), first)
    np.testing.assert_array_equal(layer(IMAGES).numpy().shape, first.shape)  # active unless told otherwise
    if name != "RandomCrop":
        np.testing.assert_array_equal(layer(IMAGES, training=False).numpy(), IMAGES)


@EACH
def test_images_differ_from_each_other(name, arguments):
    x = np.repeat(IMAGES[:1], 12, axis=0)
    if name in ("CutMix", "MixUp"):  # which mix the same
        x = x * np.arange(1, 13, dtype="float32").reshape(-1, 1, 1, 1)
    y = drawn(make(name, arguments), x)
    different = len({image.tobytes() for image in y})
    assert different == 1 if name == "RandomCrop" else different > (1 if name == "RandomFlip" else 5)


class Recorder(lamina.callbacks.Callback):
    def __init__(self, layer):
        super().__init__()
        self.layer, self.states = layer, []

    def on_train_batch_end(self, batch, logs=None):
        self.states.append(self.layer.generator.state.numpy().tolist())


@EACH
def test_a_compiled_model_draws_anew_in_each_step_what_eager_calls_draw(name, arguments):
    layer = make(name, arguments)
    inputs = lamina.Input((9, 8, 3))
    model = lamina.Model(inputs, layer(inputs))
    model.compile("sgd", "mse")
    start = layer.generator.state.numpy()
    target = np.zeros((40, *model.output_shape[1:]), "float32")
    recorder = Recorder(layer)
    history = model.fit(IMAGES, target, batch_size=20, epochs=2, shuffle=False, verbose=0, callbacks=[recorder])
    assert len({tuple(state) for state in recorder.states}) == 4
    # The same numbers as outside of the program: the mean of the squares is that of eager calls.
    layer.generator.state.assign(start)
    for wanted in history.history["loss"]:
        found = np.mean([np.square(drawn(layer, IMAGES[i : i + 20])).mean() for i in (0, 20)])
        assert wanted == pytest.approx(found, rel=1e-4)


@EACH
def test_sizes_that_are_not_known_yet_single_images_and_datasets(name, arguments):
    if name != "RandomCrop":
        inputs = lamina.Input((None, None, 3))
        model = lamina.Model(inputs, make(name, arguments)(inputs))
        np.testing.assert_array_equal(model.predict(IMAGES, verbose=0), IMAGES)
        model.compile("sgd", "mse")
        assert np.isfinite(model.train_on_batch(IMAGES, IMAGES))
    single = make(name, arguments)(IMAGES[0], training=True)
    batch = make(name, arguments)(IMAGES[:1], training=True)
    np.testing.assert_array_equal(single.numpy(), batch.numpy()[0])
    data = lamina.data.Dataset.from_tensor_slices(IMAGES[:3]).map(make(name, arguments)).batch(3)
    (found,) = list(data)
    assert found.shape == (3, *batch.shape[1:])
    np.testing.assert_array_equal(found.numpy()[0], single.numpy())


@EACH
def test_channels_may_come_first(name, arguments):
    first = make(name, arguments, data_format="channels_first")(IMAGES.transpose(0, 3, 1, 2), training=True)
    last = drawn(make(name, arguments))
    if name == "RandomErasing":  # its noise is drawn for pixels in their order
        assert np.mean(first.numpy().transpose(0, 2, 3, 1) != last) < 0.3
    else:
        np.testing.assert_allclose(first.numpy().transpose(0, 2, 3, 1), last, atol=1e-6)
    shapes = [(3, 9, 8), (9, 8, 3)] if name != "RandomCrop" else [(3, 4, 5), (4, 5, 3)]
    layer = make(name, arguments, data_format="channels_first")
    assert layer.compute_output_shape((3, 9, 8)) == shapes[0]
    assert make(name, arguments).compute_output_shape((None, 9, 8, 3)) == (None, *shapes[1])


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float64"])
@EACH
def test_other_dtypes_come_out_in_that_of_the_layer(name, arguments, dtype):
    y = make(name, arguments)((IMAGES[:4] * 100).astype(dtype), training=True)
    assert y.dtype == "float32"
    expected = drawn(make(name, arguments), (IMAGES[:4] * 100).astype(dtype).astype("float32"))
    np.testing.assert_array_equal(y.numpy(), expected)


def test_what_is_drawn():
    x = np.ones((4000, 2, 3, 1), "float32")
    large = np.ones((1000, 40, 40, 1), "float32")

    def draw(name, *keys, x=x, **arguments):
        transformation = make(name, arguments).get_random_transformation(x)
        return [transformation[key].numpy() for key in keys]

    (flips,) = draw("RandomFlip", "flips")
    assert flips.mean() == pytest.approx(0.5, abs=0.03)
    (angles,) = draw("RandomRotation", "angle", factor=(-0.1, 0.3))
    spread(angles, -36, 108)
    (moves,) = draw("RandomTranslation", "translations", height_factor=0.5, width_factor=(0.0, 1.0))
    spread(moves[:, 0], 0, 3)
    spread(moves[:, 1], -1, 1)
    high, wide = draw("RandomZoom", "height_zoom", "width_zoom", height_factor=0.5, width_factor=(-0.2, 0.0))
    spread(high, 0.5, 1.5)
    spread(wide, 0.8, 1.0)
    high, wide = draw("RandomZoom", "height_zoom", "width_zoom", height_factor=0.5)
    np.testing.assert_array_equal(high, wide)
    (lean,) = draw("RandomShear", "shear_factor", x_factor=(0.2, 0.4), y_factor=0.3)
    spread(np.abs(lean[:, 0]), 0.2, 0.4)
    assert (lean[:, 0] > 0).mean() == pytest.approx(0.5, abs=0.03)
    spread(lean[:, 1], -0.3, 0.3)
    start, end, chosen = draw("RandomPerspective", "start_points", "end_points", "apply_perspective", scale=0.4)
    np.testing.assert_array_equal(start[7], [[0, 0], [2, 0], [0, 1], [2, 1]])
    spread(end[:, 3, 0] - 2, -0.4, 0.4)
    assert chosen.mean() == pytest.approx(0.5, abs=0.03)  # the mean of what is drawn from [0, 1]
    assert draw("RandomErasing", "apply_erasing", factor=(0.2, 0.4))[0].mean() == pytest.approx(0.3, abs=0.03)
    (mask,) = draw("RandomErasing", "batch_masks", x=large, scale=(0.25, 0.25))
    assert mask.mean() == pytest.approx(0.25, abs=0.03)
    weight, order = draw("MixUp", "mix_weight", "permutation_order", alpha=0.2)
    assert (weight.mean(), weight.var()) == pytest.approx((0.5, 0.25 / 1.4), abs=0.02)
    np.testing.assert_array_equal(np.sort(order), np.arange(4000))
    weight, mask = draw("CutMix", "mix_weight", "batch_masks", x=large, factor=(1.0, 1.0))
    spread(weight, 0, 1)
    assert mask.mean() == pytest.approx(0.5, abs=0.03)
    (delta,) = draw("RandomBrightness", "rgb_delta", factor=(-0.1, 0.2), value_range=(0, 10))
    spread(delta, -1, 2)


def spread(values, low, high):
    """Evenly between low and high."""
    size = high - low
    assert values.min() >= low - 1e-4
    assert values.max() <= high + 1e-4
    assert values.mean() == pytest.approx((low + high) / 2, abs=0.03 * size)
    assert values.var() == pytest.approx(size**2 / 12, abs=0.01 * size**2)


def scene(form="xyxy"):
    """Images with one bright rectangle, which is also a mask and a box."""
    image = np.zeros((6, 40, 30, 1), "float32")
    image[:, 12:25, 8:22] = 1.0
    boxes = lamina.utils.bounding_boxes.convert_format(np.tile([[8.0, 12, 22, 25]], (6, 1, 1)), "xyxy", form, 40, 30)
    return {
        "images": image,
        "segmentation_masks": image.astype("int32"),
        "labels": np.eye(6, dtype="float32"),
        "bounding_boxes": {"boxes": boxes, "labels": np.full((6, 1), 4)},
        "more": np.arange(6),
        "file": "photos.zip",
    }


MOVING = [
    ("RandomFlip", D(), 0),
    ("RandomRotation", D(factor=(0.05, 0.1)), 3),
    ("RandomRotation", D(factor=(-0.1, -0.05)), 3),
    ("RandomTranslation", D(height_factor=(0.1, 0.2), width_factor=(-0.2, -0.1)), 1),
    ("RandomZoom", D(height_factor=(0.2, 0.4), width_factor=(-0.2, -0.1)), 2),
    ("RandomPerspective", D(factor=(1.0, 1.0), scale=0.3), 2),
    ("RandomCrop", D(height=30, width=28), 0),
    ("RandomCrop", D(height=20, width=50), 2),
    ("Resizing", D(height=60, width=20), 1),
    ("Resizing", D(height=60, width=60, pad_to_aspect_ratio=True), 1),
    ("Resizing", D(height=34, width=30, crop_to_aspect_ratio=True), 1),
    ("CenterCrop", D(height=30, width=28), 0),
    ("CenterCrop", D(height=50, width=50), 1),
    ("RandomHeight", D(factor=(0.2, 0.4)), 1),
    ("RandomWidth", D(factor=(-0.4, -0.2)), 1),
]


@pytest.mark.parametrize("form", ["xyxy", "rel_xywh"])
@pytest.mark.parametrize(("name", "arguments", "slack"), MOVING, ids=range(len(MOVING)))
def test_boxes_and_masks_stay_around_what_they_show(name, arguments, slack, form):
    layer = getattr(layers, name)(**arguments, bounding_box_format=form)
    found = layer(scene(form), training=True)
    images = found["images"].numpy()
    height, width = images.shape[1:3]
    boxes = lamina.utils.bounding_boxes.convert_format(found["bounding_boxes"]["boxes"], form, "xyxy", height, width)
    for image, mask, (left, top, right, bottom) in zip(
        images, found["segmentation_masks"].numpy(), boxes.numpy()[:, 0]
    ):
        rows, columns = (np.flatnonzero((image[..., 0] > 0.5).any(axis)) for axis in (1, 0))
        bright = [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]
        np.testing.assert_allclose([left, top, right, bottom], bright, atol=slack + 1e-3)
        assert np.mean((image > 0.5) != (mask > 0.5)) < 0.04
    np.testing.assert_array_equal(found["labels"].numpy(), np.eye(6))
    np.testing.assert_array_equal(found["more"].numpy(), np.arange(6))
    assert found["file"] == "photos.zip"
    np.testing.assert_array_equal(found["bounding_boxes"]["labels"].numpy(), np.full((6, 1), 4))
    batch = {key: value for key, value in scene(form).items() if key != "file"}
    (single,) = lamina.data.Dataset.from_tensor_slices(batch).take(1).map(layer)
    assert single["images"].ndim == 3
    if "Random" not in name:
        for one, many in zip(lamina.tree.flatten(single), lamina.tree.flatten({k: found[k] for k in batch})):
            np.testing.assert_array_equal(one.numpy(), many.numpy()[0])


class Always(layers.Layer):
    """Calls a layer as in training."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def call(self, images, boxes, labels):
        data = {"images": images, "segmentation_masks": images, "bounding_boxes": {"boxes": boxes, "labels": labels}}
        found = self.layer(data, training=True)
        return lamina.tree.flatten({**found, "labels": found["bounding_boxes"]["labels"]})


# Of the other the sizes have to be known.
UNKNOWN = [row for row in MOVING if row[0] != "RandomCrop"]
UNKNOWN += [("RandomShear", D(x_factor=0.2, y_factor=(0.1, 0.2)), 0), ("MixUp", D(), 0)]


@pytest.mark.parametrize(("name", "arguments", "_"), UNKNOWN, ids=range(len(UNKNOWN)))
def test_programs_of_unknown_sizes_do_the_same(name, arguments, _):
    seed = D(seed=3) if name not in ("Resizing", "CenterCrop") else D()
    eager, traced = (Always(getattr(layers, name)(**arguments, **seed, bounding_box_format="rel_xywh")) for _ in "ab")
    data = scene("rel_xywh")
    arrays = [data["images"], data["bounding_boxes"]["boxes"].numpy(), data["bounding_boxes"]["labels"]]
    inputs = [lamina.Input((None, None, 1)), lamina.Input((None, 4)), lamina.Input((None,), dtype="int64")]
    model = lamina.Model(inputs, traced(*inputs))
    for found, wanted in zip(model.predict(arrays, verbose=0), eager(*arrays)):
        np.testing.assert_allclose(found, wanted.numpy(), rtol=1e-4, atol=1e-4)


def test_masks_are_bent_as_their_images():
    data = scene()
    del data["bounding_boxes"]
    found = layers.RandomElasticTransform((1.0, 1.0), value_range=(0, 1))(data)
    image, mask = found["images"].numpy(), found["segmentation_masks"].numpy()
    assert found["segmentation_masks"].dtype == "int32"
    assert np.mean(image != data["images"]) > 0.02
    assert np.mean((image > 0.5) != (mask > 0)) < 0.02


@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_how_far_pixels_are_bent(scale):
    size, column = 40, np.arange(40, dtype="float32")
    x = np.broadcast_to(column[None, None, :, None], (20, size, size, 1))  # shows where a pixel comes from
    layer = layers.RandomElasticTransform((1.0, 1.0), (scale, scale), value_range=(-99, 99), seed=1)
    alpha, sigma = 0.1 * size * scale, 0.05 * size * scale
    reach = int(6 * sigma) // 2
    weights = np.exp(-0.5 * np.square(np.arange(-reach, reach + 1) / sigma))
    weights /= weights.sum()
    moves = (drawn(layer, x) - x)[:, 12:-12, 12:-12]
    assert moves.std() == pytest.approx(alpha * sigma * np.square(weights).sum(), rel=0.05)
    assert abs(moves.mean()) < 0.35


def test_erasing():
    colors = layers.RandomErasing((1.0, 1.0), (0.3, 0.3), fill_value=(0.25, 0.5, 2.0), value_range=(0, 1), seed=1)
    x = np.full((5, 20, 20, 3), -1.0, "float32")
    y = drawn(colors, x)
    erased = y[..., 0] == 0.25
    assert erased.mean() == pytest.approx(0.3, abs=0.05)
    np.testing.assert_array_equal(y[erased], np.tile([0.25, 0.5, 1.0], (erased.sum(), 1)))
    np.testing.assert_array_equal(y[~erased], -1.0)
    first = layers.RandomErasing(
        (1.0, 1.0), (0.3, 0.3), fill_value=(0.25, 0.5, 2.0), value_range=(0, 1), seed=1, data_format="channels_first"
    )
    np.testing.assert_array_equal(drawn(first, x.transpose(0, 3, 1, 2)).transpose(0, 2, 3, 1), y)
    noise = drawn(layers.RandomErasing((1.0, 1.0), (1.0, 1.0), seed=1), x)
    assert noise.min() == 0
    assert len(np.unique(noise)) > 100


def test_mixtures():
    x = np.arange(6, dtype="float32").reshape(6, 1, 1, 1) * np.ones((6, 8, 8, 3), "float32")
    data = {"images": x, "labels": np.eye(6, dtype="float32"), "segmentation_masks": x[..., :1]}
    for name, arguments in (("CutMix", D()), ("MixUp", D(alpha=2.0))):
        found = make(name, arguments)(data)
        # The labels say how much of which image there is.
        of_labels = found["labels"].numpy() @ np.arange(6)
        tolerance = 1.0 if name == "CutMix" else 1e-5  # pixels are whole
        np.testing.assert_allclose(found["images"].numpy().mean((1, 2, 3)), of_labels, atol=tolerance)
        np.testing.assert_array_equal(found["segmentation_masks"].numpy()[..., 0], found["images"].numpy()[..., 0])
        np.testing.assert_allclose(found["labels"].numpy().sum(1), 1.0, rtol=1e-6)
        single = make(name, arguments)({key: value[2] for key, value in data.items()})
        np.testing.assert_allclose(single["images"].numpy(), x[2], rtol=1e-6)
        np.testing.assert_allclose(single["labels"].numpy(), np.eye(6)[2], rtol=1e-6)


def test_mixed_images_have_the_boxes_of_both():
    boxes = np.arange(6, dtype="float32").reshape(6, 1, 1) * np.ones((6, 2, 4), "float32")
    data = {"images": np.ones((6, 8, 8, 3)), "bounding_boxes": {"boxes": boxes, "labels": boxes[..., 0]}}
    layer = layers.MixUp(bounding_box_format="xyxy", seed=1)
    found = layer(data)["bounding_boxes"]
    np.testing.assert_array_equal(found["boxes"].numpy()[:, :2], boxes)
    np.testing.assert_array_equal(found["labels"].numpy(), found["boxes"].numpy()[..., 0])
    assert found["labels"].shape == (6, 4)
    np.testing.assert_array_equal(layer(data, training=False)["bounding_boxes"]["boxes"].numpy(), boxes)


@pytest.mark.parametrize("count", [1, 3, 5])
def test_numbers_of_boxes(count):
    boxes = np.arange(24, dtype="float32").reshape(2, 3, 4)
    layer = layers.MaxNumBoundingBoxes(count, fill_value=-2, bounding_box_format="xyxy")
    data = {"images": np.ones((2, 8, 8, 3), "uint8"), "bounding_boxes": {"boxes": boxes, "labels": boxes[..., 0]}}
    wanted = np.pad(boxes[:, :count], ((0, 0), (0, max(count - 3, 0)), (0, 0)), constant_values=-2)
    found = layer(data)
    assert found["images"].dtype == "uint8"
    np.testing.assert_array_equal(found["bounding_boxes"]["boxes"].numpy(), wanted)
    np.testing.assert_array_equal(found["bounding_boxes"]["labels"].numpy(), wanted[..., 0])
    inputs = {
        "images": lamina.Input((8, 8, 3)),
        "bounding_boxes": {"boxes": lamina.Input((None, 4)), "labels": lamina.Input((None,))},
    }
    outputs = layer(inputs)["bounding_boxes"]
    assert outputs["boxes"].shape == (None, count, 4)
    found = lamina.Model(inputs, outputs)(data)
    np.testing.assert_array_equal(found["boxes"].numpy(), wanted)


def test_images_with_different_numbers_of_boxes():
    boxes = {"boxes": [[[1, 2, 3, 4]], [[1, 2, 3, 4], [5, 6, 7, 8]]], "labels": [[0], [1, 2]]}
    layer = layers.Resizing(16, 8, bounding_box_format="xyxy")
    found = layer({"images": np.ones((2, 8, 8, 3)), "bounding_boxes": boxes})["bounding_boxes"]
    wanted = [[[1, 4, 3, 8], [0, 0, 0, 0]], [[1, 4, 3, 8], [5, 12, 7, 16]]]
    np.testing.assert_array_equal(found["boxes"].numpy(), wanted)
    np.testing.assert_array_equal(found["labels"].numpy(), [[0, -1], [1, 2]])


def test_crops_are_the_same_part_of_all_images_and_any_part():
    x = np.arange(2 * 6 * 7, dtype="float32").reshape(2, 6, 7, 1)
    layer = layers.RandomCrop(4, 7, seed=1)
    found = {drawn(layer, x)[0, 0, 0, 0] for _ in range(30)}
    assert found == {0.0, 7.0, 14.0}
    y = drawn(layer, x)
    np.testing.assert_array_equal(y[1] - y[0], 42.0)
    # Otherwise the largest part with the proportions of the result.
    np.testing.assert_array_equal(layer(x, training=False).numpy(), x[:, 1:5])
    wanted = ops.image.resize(x[:, :, 2:5], (8, 4)).numpy()
    for training in (False, True):
        np.testing.assert_array_equal(layers.RandomCrop(8, 4)(x, training=training).numpy(), wanted)


@pytest.mark.parametrize("name", ["RandomHeight", "RandomWidth"])
def test_random_sizes(name):
    axis = 1 if name == "RandomHeight" else 2
    layer = getattr(layers, name)((-0.5, 1.0), seed=2)
    sizes = {drawn(layer, IMAGES[:1]).shape[axis] for _ in range(40)}
    size = IMAGES.shape[axis]
    assert min(sizes) >= size // 2
    assert max(sizes) <= 2 * size
    assert len(sizes) > 5
    wanted = ops.image.resize(IMAGES, (18, 8) if axis == 1 else (9, 16))
    np.testing.assert_array_equal(drawn(getattr(layers, name)((1.0, 1.0)), IMAGES), wanted.numpy())
    np.testing.assert_array_equal(layer(IMAGES, training=False).numpy(), IMAGES)
    shape = [None, 9, 8, 3]
    shape[axis] = None
    assert layer.compute_output_shape((None, 9, 8, 3)) == tuple(shape)


@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
@pytest.mark.parametrize("name", ["RandomHeight", "RandomWidth"])
def test_random_sizes_are_drawn_in_each_step(name, interpolation):
    """A step of a program draws the sizes that a step of Python does."""

    def losses(eager):
        lamina.utils.set_random_seed(1)
        scaled = getattr(layers, name)((-0.5, 1.0), interpolation=interpolation, seed=2)
        model = lamina.Sequential(
            [
                lamina.Input((9, 8, 3)),
                scaled,
                layers.Conv2D(2, 3, padding="same"),
                layers.Lambda(lambda x: x * ops.cast(ops.shape(x)[1] * 100 + ops.shape(x)[2], "float32")),
                layers.GlobalAveragePooling2D(),
            ]
        )
        model.compile(lamina.optimizers.SGD(1e-9), "mae", run_eagerly=eager)
        y = np.zeros((len(IMAGES), 2), "float32")
        fitted = model.fit(IMAGES, y, batch_size=1, epochs=2, shuffle=False, verbose=0).history["loss"]
        one_by_one = [model.train_on_batch(IMAGES[:2], y[:2]) for _ in range(8)]
        assert len({round(float(loss), 3) for loss in one_by_one}) > 4
        assert model.predict(IMAGES, verbose=0).shape == (len(IMAGES), 2)
        return [*fitted, *one_by_one]

    np.testing.assert_allclose(losses(eager=False), losses(eager=True), rtol=1e-4)


@pytest.mark.parametrize("target", [(4, 6), (9, 5), (12, 3), (5, 20)])
@pytest.mark.parametrize("kind", ["CenterCrop", "crop_to_aspect_ratio", "pad_to_aspect_ratio"])
def test_new_sizes_of_unknown_sizes(target, kind):
    inputs = lamina.Input((None, None, 3))
    layer = layers.CenterCrop(*target) if kind == "CenterCrop" else layers.Resizing(*target, **{kind: True})
    output = layer(inputs)
    assert output.shape == (None, *target, 3)
    model = lamina.Model(inputs, output)
    np.testing.assert_allclose(model.predict(IMAGES, verbose=0), layer(IMAGES).numpy(), rtol=1e-6)


def test_colors_of_one_image_change_alike():
    y = drawn(layers.RandomBrightness(0.2, value_range=(-5, 5), seed=1)) - IMAGES
    np.testing.assert_allclose(y, np.broadcast_to(y[:, :1, :1, :1], y.shape), atol=1e-6)
    assert drawn(layers.RandomBrightness((0.9, 0.9), value_range=(0, 1))).max() == 1.0


def test_global_data_format():
    lamina.config.set_image_data_format("channels_first")
    try:
        layer = layers.RandomFlip("horizontal", seed=3)
    finally:
        lamina.config.set_image_data_format("channels_last")
    assert layer.get_config()["data_format"] == "channels_first"
    first = drawn(layer, IMAGES.transpose(0, 3, 1, 2)).transpose(0, 2, 3, 1)
    np.testing.assert_array_equal(first, drawn(layers.RandomFlip("horizontal", seed=3)))


def test_threads_of_a_pipeline_draw_the_same_numbers():
    def passes(threads):
        lamina.utils.set_random_seed(4)
        turn = layers.RandomRotation(0.5, seed=1)
        mix = lambda x: turn(x) + lamina.random.uniform((3,))  # noqa: E731 - two streams, one of them the global one
        data = lamina.data.Dataset.from_tensor_slices(IMAGES).map(mix, num_parallel_calls=threads)
        return [np.stack([x.numpy() for x in data]) for _ in range(2)], turn.generator.state.numpy()

    (first, second), state = passes(1)
    assert not np.array_equal(first, second)
    assert len({image.tobytes() for image in np.concatenate([first, second])}) == 80
    assert state.tolist() == [1, 2]
    for threads in (3, -1):
        for found, wanted in zip(passes(threads)[0], (first, second)):
            np.testing.assert_array_equal(found, wanted)
