"""Images seen through a map of coordinates: affine, perspective, elastic, or any."""

from __future__ import annotations

from typing import Any

from ... import _core
from ...checks import choice, explain, number
from ..convert import convert_to_tensor, is_float, result_type, to_float
from ..elementwise import where
from ..operation import operation
from .common import cut, from_batch, place, to_batch, to_images
from .filters import blur

__all__ = ["affine_transform", "elastic_transform", "map_coordinates", "perspective_transform"]

_ops = _core.ops
_FILL_MODES = ("constant", "nearest", "wrap", "mirror", "reflect")
_ORDERS = {"nearest": 0, "bilinear": 1}


def _order(owner: str, interpolation: str) -> int:
    return _ORDERS[choice(owner, "interpolation", interpolation, tuple(_ORDERS))]


def _sample(x: Any, coordinates: Any, order: int, fill_mode: str, fill_value: Any) -> Any:
    """x [batch, sizes..., channels] at coordinates [batch or 1, axes, points...], in the dtype of x."""
    dtype = x.dtype
    whole = not is_float(dtype)
    if whole:
        x = _ops.cast(x, dtype="float64" if dtype in ("int32", "int64") else "float32")  # holds every number exactly
        fill_value = int(fill_value)
    common = result_type(x, coordinates)
    y = _ops.map_coordinates(
        convert_to_tensor(x, common),
        convert_to_tensor(coordinates, common),
        order=order,
        fill_mode=fill_mode,
        value=float(fill_value),
    )
    if whole:
        y = _ops.trunc(where(y < 0.0, y - 0.5, y + 0.5))  # halves away from zero
    return convert_to_tensor(y, dtype)


@operation
def map_coordinates(
    inputs: Any, coordinates: Any, order: int, fill_mode: str = "constant", fill_value: float = 0
) -> Any:
    """The array at `coordinates` [rank, points...]: the nearest entry (order 0) or linear between entries (order 1).

    Outside are `fill_value` (constant), the edge (nearest), or repetitions: abcd|abcd (wrap), dcb|abcd (mirror),
    dcba|abcd (reflect).
    """
    x = convert_to_tensor(inputs)
    points = to_float(coordinates)
    if points.ndim < 2 or points.shape[0] != x.ndim or not 1 <= x.ndim <= 8:
        raise ValueError(
            explain(
                "map_coordinates: the coordinates do not fit the input.",
                f"coordinates of shape ({x.ndim}, points...), one per axis, for an input of 1 to 8 axes",
                f"coordinates of shape {points.shape} for an input of shape {x.shape}",
                "stack one array of coordinates per axis.",
            )
        )
    choice("map_coordinates", "order", order, (0, 1))
    mode = choice("map_coordinates", "fill_mode", fill_mode, _FILL_MODES)
    batch = _ops.reshape(x, shape=[1, *x.dims, 1])
    y = _sample(batch, _ops.reshape(points, shape=[1, *points.dims]), int(order), mode, fill_value)
    return _ops.reshape(y, shape=list(points.dims[1:]))


def _warp(images: Any, data_format: Any, coordinates: Any, order: int, fill_mode: str, fill_value: Any) -> Any:
    """The images at `coordinates(rows, columns)` [batch or 1, 2, height, width], made of [height, 1] and [1, width]."""
    batch = to_batch(images, data_format)
    _, height, width, _ = batch.dims
    dtype = result_type(images, "float32")
    rows = _ops.reshape(place(height, dtype), shape=[height, 1])
    columns = _ops.reshape(place(width, dtype), shape=[1, width])
    y = _sample(batch, coordinates(rows, columns), order, fill_mode, fill_value)
    return from_batch(y, images.ndim, data_format)


def _per_image(owner: str, images: Any, values: Any, name: str) -> None:
    """ValueError unless there is one set of `values` for all images, or one per image."""
    sets = values.shape[0]
    count = images.shape[0] if images.ndim == 4 else 1
    if sets not in (1, None) and count is not None and sets != count:
        raise ValueError(
            explain(
                f"{owner}: `{name}` does not fit the images.",
                f"one for all images, or {count}, one per image",
                f"{sets} for images of shape {images.shape}",
                "pass one per image.",
            )
        )


@operation
def affine_transform(
    images: Any,
    transform: Any,
    interpolation: str = "bilinear",
    fill_mode: str = "constant",
    fill_value: float = 0,
    data_format: Any = None,
) -> Any:
    """The images moved: the output at (x, y) is the input at (a0 x + a1 y + a2, b0 x + b1 y + b2).

    `transform` is [a0, a1, a2, b0, b1, b2, c0, c1], or one such row per image; c0 and c1 have no effect.
    """
    x = to_images("affine_transform", images)
    order = _order("affine_transform", interpolation)
    mode = choice("affine_transform", "fill_mode", fill_mode, _FILL_MODES)
    t = to_float(transform)
    if t.ndim not in (1, 2) or t.shape[-1] != 8:
        raise ValueError(
            explain(
                "affine_transform: `transform` has the wrong shape.",
                "8 numbers, or 8 per image",
                f"shape {t.shape}",
                "append two zeros if these are six.",
            )
        )
    t = _ops.reshape(t, shape=[1 if t.ndim == 1 else t.dims[0], 8, 1, 1])
    _per_image("affine_transform", x, t, "transform")
    by_column, by_row, offset = (_ops.concatenate(*(cut(t, 1, i, i + 1) for i in (k + 3, k)), axis=1) for k in range(3))

    def coordinates(rows: Any, columns: Any) -> Any:
        return (rows * by_row + offset) + columns * by_column  # only the last sum is as large as the images

    return _warp(x, data_format, coordinates, order, mode, fill_value)


def _from_square(points: Any) -> list[list[Any]]:
    """The rows of the projective maps that take the corners of the unit square to `points` [n, 4, 2] (x, y).

    The corners are (0, 0), (1, 0), (0, 1), (1, 1). Heckbert, Fundamentals of Texture Mapping and Image Warping, 1989.
    """
    corners = [[cut(cut(points, 1, i, i + 1), 2, k, k + 1) for k in range(2)] for i in range(4)]
    (x0, y0), (x1, y1), (x3, y3), (x2, y2) = corners
    dx1, dx2, dx3 = x1 - x2, x3 - x2, x0 - x1 + x2 - x3
    dy1, dy2, dy3 = y1 - y2, y3 - y2, y0 - y1 + y2 - y3
    det = dx1 * dy2 - dx2 * dy1
    g, h = (dx3 * dy2 - dx2 * dy3) / det, (dx1 * dy3 - dx3 * dy1) / det
    one = _ops.add(_ops.multiply(g, convert_to_tensor(0.0, g.dtype)), convert_to_tensor(1.0, g.dtype))
    return [[x1 - x0 + g * x1, x3 - x0 + h * x3, x0], [y1 - y0 + g * y1, y3 - y0 + h * y3, y0], [g, h, one]]


def _cofactors(m: list[list[Any]]) -> list[list[Any]]:
    """The adjugate of a 3 x 3 matrix: its inverse but for a factor."""

    def minor(i: int, j: int) -> Any:
        (a, b), (c, d) = ([m[r][s] for s in range(3) if s != i] for r in range(3) if r != j)
        product = a * d - b * c
        return product if (i + j) % 2 == 0 else -product

    return [[minor(i, j) for j in range(3)] for i in range(3)]


def projection(source: Any, target: Any) -> list[Any]:
    """The projective maps that take four points `source` to `target`, both [n, 4, 2]: eight numbers, each [n, 1, 1].

    (x, y) comes to (a x + b y + c, d x + e y + f) / (g x + h y + 1).
    """
    # By the unit square. In float64: the products of differences cancel.
    dtype = result_type(source, target)
    there = _from_square(_ops.cast(target, dtype="float64"))
    back = _cofactors(_from_square(_ops.cast(source, dtype="float64")))
    product = [sum((row[k] * back[k][j] for k in range(1, 3)), row[0] * back[0][j]) for row in there for j in range(3)]
    return [_ops.cast(value / product[8], dtype=dtype) for value in product[:8]]


@operation
def perspective_transform(
    images: Any,
    start_points: Any,
    end_points: Any,
    interpolation: str = "bilinear",
    fill_value: float = 0,
    data_format: Any = None,
) -> Any:
    """The images moved so that the four `start_points` (x, y) come to the `end_points`: (4, 2), or (batch, 4, 2).

    No three of the four may lie on a line.
    """
    owner = "perspective_transform"
    x = to_images(owner, images)
    order = _order(owner, interpolation)
    start, end = to_float(start_points), to_float(end_points)
    for name, points in (("start_points", start), ("end_points", end)):
        if points.ndim not in (2, 3) or points.shape[-2:] != (4, 2) or points.shape != start.shape:
            raise ValueError(
                explain(
                    f"{owner}: `{name}` has the wrong shape.",
                    "(4, 2), or (batch, 4, 2), the same for start_points and end_points",
                    f"start_points {start.shape}, end_points {end.shape}",
                    "give x and y of four points.",
                )
            )
    start, end = (_ops.reshape(p, shape=[1, 4, 2]) if p.ndim == 2 else p for p in (start, end))
    _per_image(owner, x, start, "start_points")
    maps = [_ops.reshape(v, shape=[v.dims[0], 1, 1, 1]) for v in projection(end, start)]
    by_column, by_row, offset = (_ops.concatenate(maps[k + 3], maps[k], axis=1) for k in range(3))

    def coordinates(rows: Any, columns: Any) -> Any:
        depth = (rows * maps[7] + 1.0) + columns * maps[6]
        return ((rows * by_row + offset) + columns * by_column) / depth

    return _warp(x, data_format, coordinates, order, "constant", fill_value)


@operation
def elastic_transform(
    images: Any,
    alpha: float = 20.0,
    sigma: float = 5.0,
    interpolation: str = "bilinear",
    fill_mode: str = "reflect",
    fill_value: float = 0.0,
    seed: Any = None,
    data_format: Any = None,
) -> Any:
    """The images with each pixel moved at random: by noise of size `alpha`, smooth over `sigma` pixels.

    Simard, Best Practices for Convolutional Neural Networks Applied to Visual Document Analysis, 2003. The horizontal
    and the vertical move are independent.
    """
    x = to_images("elastic_transform", images)
    order = _order("elastic_transform", interpolation)
    mode = choice("elastic_transform", "fill_mode", fill_mode, _FILL_MODES)
    width = number("elastic_transform", "sigma", sigma, low=0.0)
    if width == 0.0:
        raise ValueError(
            explain(
                "elastic_transform: `sigma` is 0.", "a positive number", f"sigma={sigma}", "use alpha=0 for no move."
            )
        )
    return displaced(x, alpha, width, int(6 * width) // 2, order, mode, fill_value, seed, data_format)


def displaced(
    images: Any,
    alpha: Any,
    sigma: Any,
    reach: Any,
    order: int,
    fill_mode: str,
    fill_value: float,
    seed: Any,
    data_format: Any,
) -> Any:
    """What `elastic_transform` computes; `alpha` and `sigma` may be tensors, 3 sigma being no more than `reach`."""
    from ...random import normal  # which needs this package

    dtype = result_type(images, "float32")
    alpha, sigma = (convert_to_tensor(value, dtype) for value in (alpha, sigma))
    distance = place(reach * 2 + 1, dtype) - convert_to_tensor(reach, dtype)
    weights = _ops.exp(-0.5 * _ops.square(distance / sigma))
    weights = where(_ops.absolute(distance) <= _ops.floor(_ops.floor(6.0 * sigma) / 2.0), weights, 0.0)
    weights = weights / _ops.sum(weights, axes=[0], keepdims=True)

    def coordinates(rows: Any, columns: Any) -> Any:
        batch = images.dims[0] if images.ndim == 4 else 1
        noise = normal([batch, rows.dims[0], columns.dims[1], 2], stddev=sigma, dtype=dtype, seed=seed)
        moves = alpha * _ops.transpose(blur(noise, weights, weights, "same"), axes=[0, 3, 1, 2])
        here = [
            _ops.broadcast_to(_ops.reshape(v, shape=[1, *v.dims]), shape=[1, *moves.dims[2:]]) for v in (rows, columns)
        ]
        return moves + _ops.concatenate(*here, axis=0)

    return _warp(images, data_format, coordinates, order, fill_mode, fill_value)
