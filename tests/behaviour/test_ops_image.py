"""Functions of images: unknown sizes, patches there and back, and random moves."""

import numpy as np
import pytest

import lamina
from lamina import _core, ops
from lamina.ops import image

RNG = np.random.default_rng(5)
IMAGES = RNG.uniform(size=(2, 9, 8, 3)).astype("float32")

# Functions of images of unknown batch, height and width.
OF_ANY_SIZE = {
    "resize": lambda x: image.resize(x, (5, 11)),
    "nearest": lambda x: image.resize(x, (5, 11), "nearest"),
    "lanczos": lambda x: image.resize(x, (20, 3), "lanczos3", antialias=True),
    "crop_to_ratio": lambda x: image.resize(x, (4, 6), "bicubic", crop_to_aspect_ratio=True),
    "pad_to_ratio": lambda x: image.resize(x, (4, 6), pad_to_aspect_ratio=True, fill_value=0.5),
    "pad_to_other_ratio": lambda x: image.resize(x, (16, 5), pad_to_aspect_ratio=True),
    "grayscale": image.rgb_to_grayscale,
    "hsv": lambda x: image.hsv_to_rgb(image.rgb_to_hsv(x)),
    "crop": lambda x: image.crop_images(x, bottom_cropping=1, left_cropping=2, target_height=4, target_width=5),
    "crop_ends": lambda x: image.crop_images(x, 1, 2, 3, 0),
    "pad": lambda x: image.pad_images(x, top_padding=1, right_padding=2, target_height=14, target_width=15),
    "pad_ends": lambda x: image.pad_images(x, 1, 2, 3, 0),
    "affine": lambda x: image.affine_transform(x, np.array([0.9, 0.2, 1, -0.3, 1.1, 0.4, 0, 0], "float32")),
    "elastic": lambda x: image.elastic_transform(x, sigma=1.0, seed=1),
    "tiles": lambda x: image.extract_patches(x, 2),
    "patches": lambda x: image.extract_patches(x, 3, strides=2, padding="same"),
    "blur": lambda x: image.gaussian_blur(x, (3, 5)),
    "edges": image.sobel_edges,
    "ssim": lambda x: image.ssim(x, 0.9 * x, filter_size=3),
}


@pytest.mark.parametrize("name", OF_ANY_SIZE)
def test_height_and_width_may_be_unknown(name):
    function = OF_ANY_SIZE[name]
    program = _core.Program()
    with _core.Trace() as scope:
        x = _core.symbolic([None, None, None, 3])
        y = function(x)
    program.add_entry("f", [("x", x)], [("y", y)], scope)
    for shape in ((2, 9, 8), (1, 6, 10), (3, 12, 12)):
        images = np.random.default_rng(0).uniform(size=(*shape, 3)).astype("float32")
        expected = function(images).numpy()
        assert all(a in (None, b) for a, b in zip(y.shape, expected.shape))
        np.testing.assert_allclose(program.run("f", [_core.Tensor(images)])[0].numpy(), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", ["resize", "crop", "pad"])
def test_a_given_size_is_known_in_a_model(name):
    x = lamina.Input((None, None, 3))
    y = OF_ANY_SIZE[name](x)
    assert None not in y.shape[1:]
    model = lamina.Model(x, y)
    expected = OF_ANY_SIZE[name](IMAGES).numpy()
    np.testing.assert_allclose(model.predict(IMAGES, verbose=0), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "lanczos3", "lanczos5"])
@pytest.mark.parametrize("antialias", [False, True])
def test_resizing_keeps_constants(interpolation, antialias):
    y = image.resize(np.full((7, 5, 2), 3.0, "float32"), (4, 9), interpolation, antialias)
    np.testing.assert_allclose(y.numpy(), 3.0, rtol=1e-6)


def test_whole_numbers_are_rounded_and_kept_in_range():
    x = np.zeros((1, 8, 1), "uint8")
    x[:, 4:] = 255
    y = image.resize(x, (1, 16), "bicubic")
    assert y.dtype == "uint8"
    assert y.numpy().min() == 0  # the overshoot is cut off
    assert y.numpy().max() == 255


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("strides", [1, 2, (3, 2), None])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_patches_give_their_image_back(padding, strides, data_format):
    x = IMAGES if data_format == "channels_last" else np.moveaxis(IMAGES, -1, 1)
    options = {"strides": strides, "padding": padding, "data_format": data_format}
    back = image.reconstruct_patches(image.extract_patches(x, 3, **options), 3, (9, 8), **options).numpy()
    last = back if data_format == "channels_last" else np.moveaxis(back, 1, -1)
    steps = (3, 3) if strides is None else np.broadcast_to(strides, 2)
    height, width = ((n - 3) // s * s + 3 if padding == "valid" else n for n, s in zip((9, 8), steps))
    np.testing.assert_allclose(last[:, :height, :width], IMAGES[:, :height, :width], rtol=1e-6)
    assert not last[:, height:].any()
    assert not last[:, :, width:].any()


def test_a_still_map_changes_nothing():
    identity = np.array([1, 0, 0, 0, 1, 0, 0, 0], "float32")
    corners = np.array([[0, 0], [7, 0], [0, 8], [7, 8]], "float32")
    np.testing.assert_array_equal(image.affine_transform(IMAGES, identity).numpy(), IMAGES)
    np.testing.assert_allclose(image.perspective_transform(IMAGES, corners, corners).numpy(), IMAGES, atol=1e-5)
    np.testing.assert_array_equal(image.elastic_transform(IMAGES, alpha=0.0, seed=1).numpy(), IMAGES)


def test_perspective_brings_start_points_to_end_points():
    start = np.array([[1.0, 1.0], [6.0, 2.0], [2.0, 7.0], [5.0, 6.0]], "float32")
    end = np.array([[0.0, 0.0], [7.0, 0.0], [0.0, 8.0], [7.0, 8.0]], "float32")
    y = image.perspective_transform(IMAGES, start, end).numpy()
    for (xs, ys), (xe, ye) in zip(start.astype(int), end.astype(int)):
        np.testing.assert_allclose(y[:, ye, xe], IMAGES[:, ys, xs], atol=1e-4)


def moves(seed, alpha=2.0, sigma=1.5):
    """The moves (vertical, horizontal) of each pixel: images of their own coordinates show them."""
    rows, columns = np.mgrid[:60.0, :50.0]
    grid = np.stack([rows, columns], axis=-1)
    batch = np.broadcast_to(grid, (8, *grid.shape)).astype("float32")
    y = image.elastic_transform(batch, alpha=alpha, sigma=sigma, fill_mode="nearest", seed=seed).numpy()
    return (y - grid)[:, 12:-12, 12:-12]


def test_elastic_moves_have_their_size_and_smoothness():
    m = moves(3)
    # A blur of independent noise of deviation sigma leaves the deviation sigma * sum(weights^2), per axis.
    distance = np.arange(9) - 4.0
    weights = np.exp(-0.5 * (distance / 1.5) ** 2)
    weights /= weights.sum()
    expected = 2.0 * 1.5 * (weights**2).sum()
    assert abs(m.mean()) < 0.1 * expected
    assert m.std() == pytest.approx(expected, rel=0.1)
    vertical, horizontal = m[..., 0].ravel(), m[..., 1].ravel()
    assert abs(np.corrcoef(vertical, horizontal)[0, 1]) < 0.1  # they are independent
    assert np.corrcoef(m[:, 1:, :, 0].ravel(), m[:, :-1, :, 0].ravel())[0, 1] > 0.8  # and smooth
    assert abs(np.corrcoef(m[0].ravel(), m[1].ravel())[0, 1]) < 0.2  # images differ


def test_elastic_numbers_follow_their_seed():
    np.testing.assert_array_equal(moves(3), moves(3))
    assert not np.array_equal(moves(3), moves(4))
    generator = lamina.random.SeedGenerator(3)
    first, second = moves(generator), moves(generator)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(first, moves(lamina.random.SeedGenerator(3)))
    np.testing.assert_allclose(moves(3, alpha=4.0), 2 * moves(3), atol=1e-4)


def test_far_and_missing_coordinates_do_not_crash():
    x = np.arange(3.0, dtype="float32")
    places = np.array([[1e30, -1e30, np.inf, -np.inf, np.nan]], "float32")
    for mode in ("constant", "nearest", "wrap", "mirror", "reflect"):
        for order in (0, 1):
            assert image.map_coordinates(x, places, order, mode).shape == (5,)
    assert image.map_coordinates(x[:0], places, 1).numpy()[:2].tolist() == [0.0, 0.0]


def test_gradients_reach_a_transform_in_a_model():
    transform = lamina.Variable(np.array([1, 0, 0.3, 0, 1, -0.2, 0, 0], "float32"))
    with lamina.GradientTape() as tape:
        y = image.affine_transform(IMAGES, transform)
        loss = ops.sum(y * y)
    assert np.abs(tape.gradient(loss, transform).numpy()[:6]).min() > 0
