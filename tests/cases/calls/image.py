"""Functions of images."""

from typing import Any

import numpy as np

from cases.arrays import Array, integers, positive, real
from cases.call import Call

# Python numbers of arguments that are not tensors.
ROTATION = np.array([0.9, 0.35, -0.8, -0.4, 1.1, 0.7, 0.0, 0.0], "float32")
SQUARE = np.array([[0.0, 0.0], [6.0, 0.0], [0.0, 5.0], [6.0, 5.0]])
TILTED = np.array([[0.4, 0.3], [5.5, -0.2], [-0.6, 5.3], [6.4, 4.4]])
FIRST = "channels_first"
LAST = "channels_last"  # Keras on JAX takes None for channels_first where it blurs


def pixels(*shape: int) -> Array:
    """Values of pixels in (0, 1)."""
    return Array(shape, lambda rng, s: rng.uniform(0.05, 0.95, s))


def near(values: np.ndarray, spread: float = 0.2) -> Array:
    """Numbers around the given ones."""
    return Array(values.shape, lambda rng, s: values + rng.uniform(-spread, spread, s))


def inside(*sizes: int, points: tuple[int, ...] = (4, 3), margin: float = 0.0) -> Array:
    """Coordinates of points in (and up to `margin` around) an array, none close to a whole number or a half."""

    def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        high = np.reshape(sizes, [-1] + [1] * len(points))
        x = rng.uniform(-margin, high - 1 + margin, shape)
        whole = np.floor(x * 2)
        return (whole + 0.15 + 0.7 * (x * 2 - whole)) / 2

    return Array((len(sizes), *points), draw)


def C(name: str, *inputs: Array, label: str = "", **options: Any) -> Call:
    """A row of a function of `ops.image`; options that `Call` does not know are arguments of the function."""
    known = {key: options.pop(key) for key in list(options) if key in Call.__dataclass_fields__}
    return Call(f"image.{name}", inputs, options, label=label, **known)


def affine(ops: Any, images: Any, six: Any, **options: Any) -> Any:
    """The two numbers without effect are constants, as Keras on JAX mixes them with the channels."""
    return ops.image.affine_transform(images, ops.concatenate([six, ops.zeros_like(six[..., :2])], axis=-1), **options)


def scaled(output_shape: tuple[int, ...], spatial_dims: tuple[int, ...], **options: Any) -> Any:
    def run(ops: Any, images: Any, scale: Any, translation: Any) -> Any:
        return ops.image.scale_and_translate(images, output_shape, scale, translation, spatial_dims, **options)

    return run


def scaled_by_numbers(ops: Any, images: Any) -> Any:
    scale, translation = np.array([0.6, 1.7], "float32"), np.array([0.3, -2.1], "float32")
    return ops.image.scale_and_translate(images, (2, 4, 9, 3), scale, translation, (1, 2), "linear")


IMAGE, BATCH, BATCH_FIRST = pixels(5, 6, 3), pixels(2, 5, 6, 3), pixels(2, 3, 5, 6)
BYTES = integers(256, 2, 5, 6, 3, dtype="uint8")

COLORS = (
    C("rgb_to_grayscale", BATCH, batched=(0,)),
    C("rgb_to_grayscale", BATCH_FIRST, label="first", data_format=FIRST),
    C("rgb_to_grayscale", IMAGE, label="one"),
    C("rgb_to_grayscale", pixels(2, 5, 6, 1), label="gray"),
    C("rgb_to_grayscale", BYTES, label="bytes"),
    C("rgb_to_hsv", BATCH, batched=(0,)),
    C("rgb_to_hsv", BATCH_FIRST, label="first", data_format=FIRST),
    C("rgb_to_hsv", integers(3, 4, 5, 6, 3, dtype="float32"), label="ties", wrt=()),
    C("hsv_to_rgb", pixels(2, 5, 6, 3), batched=(0,)),
    C("hsv_to_rgb", pixels(3, 5, 6), label="first", data_format=FIRST),
    C("hsv_to_rgb", real(4, 5, 3), label="any-hue"),
)

RESIZE = (
    *(
        C("resize", BATCH, label=f"{how}-{height}x{width}", size=(height, width), interpolation=how, batched=(0,))
        for how in ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5")
        for height, width in ((3, 4), (8, 11), (5, 3))
    ),
    *(
        C("resize", BATCH, label=f"{how}-antialias", size=(2, 9), interpolation=how, antialias=True, batched=(0,))
        for how in ("bilinear", "bicubic", "lanczos3", "lanczos5")
    ),
    C("resize", IMAGE, label="one", size=(7, 4)),
    C("resize", BATCH_FIRST, label="first", size=(7, 4), data_format=FIRST),
    C("resize", BATCH, label="same", size=(5, 6)),
    C("resize", pixels(1, 9, 7, 2), label="to-one", size=(1, 1), antialias=True),
    *(C("resize", BYTES, label=f"bytes-{how}", size=(8, 4), interpolation=how) for how in ("bicubic", "nearest")),
    C("resize", integers(100, 2, 5, 6, 1, dtype="int32"), label="whole", size=(3, 4)),
    *(
        C("resize", BATCH, label=f"{how}-{height}x{width}", size=(height, width), **{f"{how}_to_aspect_ratio": True})
        for how in ("crop", "pad")
        for height, width in ((4, 9), (9, 4), (5, 6))
    ),
    C(
        "resize",
        BATCH_FIRST,
        label="pad-first",
        size=(9, 4),
        pad_to_aspect_ratio=True,
        fill_value=0.5,
        data_format=FIRST,
    ),
    C("resize", IMAGE, label="crop-one", size=(9, 4), crop_to_aspect_ratio=True),
    C("resize", BYTES, label="pad-bytes", size=(9, 4), pad_to_aspect_ratio=True, fill_value=7.0),
    C("scale_and_translate", BATCH, run=scaled_by_numbers),
    *(
        C(
            "scale_and_translate",
            BATCH,
            near(np.array([0.7, 1.6]), 0.05),
            near(np.array([0.3, -1.2]), 0.05),
            label=method + ("" if antialias else "-aliased"),
            run=scaled((2, 4, 9, 3), (1, 2), method=method, antialias=antialias),
            # The weights of rows are quotients of sums: their last digits are those of the coordinates.
            tolerance=8.0,
        )
        for method, antialias in (("linear", True), ("cubic", True), ("lanczos3", True), ("lanczos5", False))
    ),
    C(
        "scale_and_translate",
        real(4, 7),
        near(np.array([1.3]), 0.05),
        near(np.array([5.0]), 0.05),
        label="one-axis",
        run=scaled((4, 12), (-1,), method="trilinear", antialias=False),
        tolerance=8.0,
    ),
)

GEOMETRY = (
    *(
        C("map_coordinates", real(5, 6), inside(5, 6, margin=4.0), label=f"{mode}-{order}", **options)
        for mode in ("constant", "nearest", "wrap", "mirror", "reflect")
        for order in (0, 1)
        for options in [{"order": order, "fill_mode": mode, "wrt": (0, 1) if order else (0,)}]
    ),
    C("map_coordinates", real(4, 3, 5), inside(4, 3, 5, margin=1.0), label="3d", order=1, fill_value=0.7),
    C("map_coordinates", real(7), inside(7, points=(5,)), label="1d", order=1),
    C("map_coordinates", integers(50, 5, 6, dtype="int32"), inside(5, 6), label="whole", order=1, wrt=()),
    C("map_coordinates", integers(256, 5, 6, dtype="uint8"), inside(5, 6, margin=2.0), label="bytes", order=0, wrt=()),
    *(
        C(
            "affine_transform",
            BATCH,
            near(np.stack([ROTATION[:6], ROTATION[[4, 1, 2, 3, 0, 5]]])),
            label=f"{mode}-{how}",
            wrt=(0, 1) if how == "bilinear" else (0,),
            run=lambda ops, images, six, mode=mode, how=how: affine(
                ops, images, six, interpolation=how, fill_mode=mode, fill_value=0.3
            ),
            batched=(0, 1),
            tolerance=4.0,
        )
        for mode in ("constant", "nearest", "wrap", "mirror", "reflect")
        for how in ("bilinear", "nearest")
    ),
    C("affine_transform", IMAGE, near(ROTATION[:6]), label="one", run=affine, tolerance=4.0),
    C(
        "affine_transform",
        pixels(1, 3, 5, 6),
        near(ROTATION[:6]),
        label="first",
        run=lambda ops, images, six: affine(ops, images, six, data_format=FIRST),
        tolerance=4.0,
    ),
    C(
        "affine_transform",
        pixels(4, 5, 6, 2),
        near(ROTATION[:6]),
        label="shared",
        run=affine,
        batched=(0,),
        parity=False,  # Keras on JAX wants one transform per image
    ),
    C("affine_transform", BYTES, near(np.tile(ROTATION[:6], (2, 1))), label="bytes", wrt=(), run=affine),
    *(
        C(
            "perspective_transform",
            BATCH,
            near(np.stack([SQUARE, SQUARE])),
            near(np.stack([TILTED, TILTED])),
            label=how,
            interpolation=how,
            fill_value=0.3,
            wrt=(0, 1, 2) if how == "bilinear" else (0,),
            batched=(0, 1, 2),
            tolerance=20.0,  # Keras solves a system of 8 equations in float32
        )
        for how in ("bilinear", "nearest")
    ),
    C("perspective_transform", IMAGE, near(SQUARE), near(TILTED), label="one", tolerance=20.0),
    C(
        "perspective_transform",
        pixels(1, 3, 5, 6),
        near(SQUARE),
        near(TILTED),
        label="first",
        data_format=FIRST,
        tolerance=20.0,
    ),
    # Its numbers are our own; statistics stand in tests/behaviour/test_ops_image.py.
    C("elastic_transform", BATCH, parity=False, alpha=3.0, sigma=1.0, seed=3),
    C("elastic_transform", pixels(3, 5, 6), label="first", parity=False, sigma=0.5, seed=3, data_format=FIRST),
)

PATCHES = (
    *(
        C("extract_patches", BATCH, label=label, batched=(0,), **options)
        for label, options in (
            ("tiles", {"size": 2}),
            ("tiles-same", {"size": (2, 4), "padding": "same"}),
            ("overlap", {"size": (3, 2), "strides": 1}),
            ("overlap-same", {"size": 3, "strides": (2, 1), "padding": "same"}),
            ("dilated", {"size": 2, "strides": 1, "dilation_rate": 2, "padding": "same"}),
        )
    ),
    C("extract_patches", IMAGE, label="one", size=2, strides=2),
    C("extract_patches", BATCH_FIRST, label="first", size=(2, 3), data_format=FIRST),
    C("extract_patches", pixels(2, 4, 5, 6, 2), label="3d", size=(2, 2, 3)),
    C("extract_patches_3d", pixels(2, 4, 5, 6, 2), size=2, batched=(0,)),
    C("extract_patches_3d", pixels(4, 5, 6, 2), label="one", size=(2, 3, 2), strides=1, padding="same"),
    C("extract_patches_3d", pixels(2, 2, 4, 5, 6), label="first", size=2, strides=(1, 2, 2), data_format=FIRST),
    # Keras 3.15 does not have it yet; that it undoes the extraction stands in tests/behaviour/test_ops_image.py.
    *(
        C("reconstruct_patches", real(*shape), label=label, batched=(0,), parity=False, **options)
        for label, shape, options in (
            ("tiles", (2, 2, 3, 12), {"size": 2, "output_size": (4, 6)}),
            ("tiles-same", (2, 3, 3, 12), {"size": 2, "output_size": (5, 6), "padding": "same"}),
            ("overlap", (2, 3, 2, 18), {"size": 3, "output_size": (5, 6), "strides": (1, 3)}),
            ("overlap-same", (2, 3, 6, 18), {"size": 3, "output_size": (5, 6), "strides": (2, 1), "padding": "same"}),
            ("3d", (2, 2, 2, 2, 16), {"size": (2, 2, 2), "output_size": (3, 3, 3), "strides": 1}),
        )
    ),
    C(
        "reconstruct_patches",
        real(12, 2, 3),
        label="first-one",
        parity=False,
        size=2,
        output_size=(4, 6),
        data_format=FIRST,
    ),
)

FILTERS = (
    C("gaussian_blur", BATCH, label="last", data_format=LAST, batched=(0,)),
    C("gaussian_blur", IMAGE, label="one", kernel_size=(3, 5), sigma=(0.7, 1.9), data_format=LAST),
    C("gaussian_blur", BATCH_FIRST, label="first", kernel_size=(4, 3), sigma=(1.0, 0.5), data_format=FIRST),
    C(
        "gaussian_blur",
        BATCH,
        positive(2),
        label="sigma",
        run=lambda ops, images, sigma: ops.image.gaussian_blur(images, (3, 5), sigma, LAST),
    ),
    C("sobel_edges", BATCH, batched=(0,)),
    C("sobel_edges", BATCH_FIRST, label="first", data_format=FIRST),
    C("ssim", pixels(2, 7, 8, 3), pixels(2, 7, 8, 3), filter_size=5, batched=(0, 1)),
    C("ssim", pixels(12, 11, 3), pixels(12, 11, 3), label="one"),
    C("ssim", pixels(2, 3, 8, 7), pixels(2, 3, 8, 7), label="first", filter_size=3, max_val=2.0, data_format=FIRST),
    C("ssim", pixels(2, 7, 8, 1), pixels(2, 7, 8, 1), label="sharp", filter_size=4, filter_sigma=0.8, k1=0.05, k2=0.1),
)

BORDERS = (
    C(
        "crop_images",
        BATCH,
        label="ends",
        top_cropping=1,
        left_cropping=2,
        bottom_cropping=1,
        right_cropping=0,
        batched=(0,),
    ),
    C("crop_images", BATCH, label="top", top_cropping=1, left_cropping=2, target_height=3, target_width=2),
    C("crop_images", IMAGE, label="bottom", bottom_cropping=1, right_cropping=2, target_height=3, target_width=2),
    C(
        "crop_images",
        BATCH_FIRST,
        label="first",
        top_cropping=1,
        right_cropping=2,
        target_height=4,
        target_width=2,
        data_format=FIRST,
    ),
    C("crop_images", BYTES, label="bytes", top_cropping=0, left_cropping=0, target_height=3, target_width=2),
    C(
        "pad_images",
        BATCH,
        label="ends",
        top_padding=1,
        left_padding=2,
        bottom_padding=1,
        right_padding=0,
        batched=(0,),
    ),
    C("pad_images", BATCH, label="top", top_padding=1, left_padding=2, target_height=9, target_width=8),
    C("pad_images", IMAGE, label="bottom", bottom_padding=1, right_padding=2, target_height=6, target_width=9),
    C(
        "pad_images",
        BATCH_FIRST,
        label="first",
        top_padding=1,
        right_padding=2,
        target_height=6,
        target_width=8,
        data_format=FIRST,
    ),
    C("pad_images", BYTES, label="bytes", top_padding=0, left_padding=1, target_height=6, target_width=8),
)

CALLS: tuple[Call, ...] = (*COLORS, *RESIZE, *GEOMETRY, *PATCHES, *FILTERS, *BORDERS)
