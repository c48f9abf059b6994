"""Boxes around things in images: their formats, what moves them with the image, and how far two of them agree.

Formats: 'xyxy' and 'yxyx' (two corners), 'xywh' (a corner and the size), 'center_xywh' and 'center_yxhw' (the middle
and the size); 'rel_xyxy', 'rel_yxyx', 'rel_xywh' and 'rel_center_xywh' are shares of the image's width and height. The
last axis of boxes has size 4. All functions are made of ops: they may be traced and differentiated.
"""

from __future__ import annotations

import math
from typing import Any

from .. import config, ops
from ..checks import explain

__all__ = [
    "affine_transform",
    "clip_to_image_size",
    "compute_ciou",
    "compute_iou",
    "convert_format",
    "crop",
    "decode_deltas_to_boxes",
    "encode_box_to_deltas",
    "pad",
]

FORMATS = (
    *("xyxy", "yxyx", "xywh", "center_xywh", "center_yxhw"),
    *("rel_xyxy", "rel_yxyx", "rel_xywh", "rel_center_xywh"),
)


def _parts(boxes: Any) -> Any:
    return ops.split(boxes, 4, axis=-1)


def _join(*parts: Any) -> Any:
    return ops.concatenate(list(parts), axis=-1)


def convert_format(
    boxes: Any, source: str, target: str, height: Any = None, width: Any = None, dtype: Any = "float32"
) -> Any:
    """Boxes of format `source` in format `target`; of a dict, its entry 'boxes'.

    `height` and `width` of the image are needed between relative and absolute formats. ValueError for unknown formats.

    >>> import lamina
    >>> lamina.utils.bounding_boxes.convert_format([[10, 20, 30, 60]], "xyxy", "center_xywh").numpy().tolist()
    [[20.0, 40.0, 20.0, 40.0]]
    """
    if isinstance(boxes, dict):
        boxes["boxes"] = convert_format(boxes["boxes"], source, target, height, width, dtype)
        return boxes
    boxes = ops.convert_to_tensor(boxes)
    source, target = source.lower(), target.lower()
    if boxes.ndim == 0 or boxes.shape[-1] != 4:
        raise ValueError(
            explain("These are no boxes.", "four numbers per box", f"shape {boxes.shape}", "check the last axis.")
        )
    for name, value in (("source", source), ("target", target)):
        if value not in FORMATS:
            raise ValueError(
                explain(f"`{name}` is no format of boxes.", f"one of {FORMATS}", f"{name}={value!r}", "see the list.")
            )
    relative = source.startswith("rel_"), target.startswith("rel_")
    if any(relative) and (height is None or width is None):
        raise ValueError(
            explain(
                "Relative boxes need the size of the image.",
                "height and width",
                f"height={height}, width={width}, {source!r} to {target!r}",
                "pass both.",
            )
        )
    boxes = ops.cast(boxes, dtype)
    if source == target:
        return boxes
    corners = _to_corners(boxes, source.removeprefix("rel_"))
    if relative[0] != relative[1]:
        sizes = [ops.cast(size, dtype) for size in (width, height)] * 2
        corners = [c * s if relative[0] else c / s for c, s in zip(corners, sizes)]
    return _from_corners(corners, target.removeprefix("rel_"))


def _to_corners(boxes: Any, form: str) -> list[Any]:
    """Left, top, right, bottom."""
    a, b, c, d = _parts(boxes)
    if form in ("yxyx", "center_yxhw"):
        a, b, c, d = b, a, d, c
    if form == "xywh":
        return [a, b, a + c, b + d]
    if form.startswith("center"):
        return [a - c / 2, b - d / 2, a + c / 2, b + d / 2]
    return [a, b, c, d]


def _from_corners(corners: list[Any], form: str) -> Any:
    left, top, right, bottom = corners
    across, down = right - left, bottom - top
    if form == "xywh":
        return _join(left, top, across, down)
    if form == "center_xywh":
        return _join(left + across / 2, top + down / 2, across, down)
    if form == "center_yxhw":
        return _join(top + down / 2, left + across / 2, down, across)
    return _join(top, left, bottom, right) if form == "yxyx" else _join(*corners)


def _only(owner: str, form: str, *known: str) -> None:
    if form not in known:
        raise NotImplementedError(
            explain(
                f"{owner}: this format of boxes is not supported.",
                " or ".join(map(repr, known)),
                f"bounding_box_format={form!r}",
                "use convert_format first.",
            )
        )


def clip_to_image_size(
    bounding_boxes: dict[str, Any], height: Any = None, width: Any = None, bounding_box_format: str = "xyxy"
) -> dict[str, Any]:
    """A dict of 'boxes' cut at the image's borders; 'labels' of boxes of which nothing is left become -1."""
    _only("clip_to_image_size", bounding_box_format, "xyxy", "rel_xyxy")
    if bounding_box_format == "xyxy" and (height is None or width is None):
        raise ValueError(
            explain(
                "clip_to_image_size: the size of the image is missing.",
                "height and width for 'xyxy'",
                f"height={height}, width={width}",
                "pass both.",
            )
        )
    boxes = ops.convert_to_tensor(bounding_boxes["boxes"])
    across, down = (1.0, 1.0) if bounding_box_format != "xyxy" else (ops.cast(n, boxes.dtype) for n in (width, height))
    result = {**bounding_boxes, "boxes": _cut(_parts(boxes), across, down)}
    if bounding_boxes.get("labels") is not None:
        left, top, right, bottom = _parts(result["boxes"])
        areas = ops.squeeze((right - left) * (bottom - top), axis=-1)
        result["labels"] = ops.where(areas > 0, bounding_boxes["labels"], -1)
    return result


def _cut(corners: list[Any], across: Any, down: Any) -> Any:
    return _join(*(ops.clip(c, 0, limit) for c, limit in zip(corners, (across, down) * 2)))


def crop(boxes: Any, top: Any, left: Any, height: Any, width: Any, bounding_box_format: str = "xyxy") -> Any:
    """Boxes as seen in the part of the image from (`top`, `left`) of that size."""
    _only("crop", bounding_box_format, "xyxy")
    return _cut([part - shift for part, shift in zip(_parts(boxes), (left, top) * 2)], width, height)


def pad(
    boxes: Any, top: Any, left: Any, height: Any = None, width: Any = None, bounding_box_format: str = "xyxy"
) -> Any:
    """Boxes after `top` rows and `left` columns were put before the image."""
    _only("pad", bounding_box_format, "xyxy")
    return _join(*(part + shift for part, shift in zip(_parts(boxes), (left, top) * 2)))


def affine_transform(
    boxes: Any,
    angle: Any,
    translate_x: Any,
    translate_y: Any,
    scale: Any,
    shear_x: Any,
    shear_y: Any,
    height: Any,
    width: Any,
    center_x: Any = None,
    center_y: Any = None,
    bounding_box_format: str = "xyxy",
) -> Any:
    """Boxes (batch, n, 4) around what a rotation, translation, scaling and shear of the image makes of them.

    One number per image for `angle`, `shear_x` and `shear_y` (degrees), `translate_x` and `translate_y` (shares of the
    image), `scale`, and `center_x`, `center_y` (shares; the middle unless given).
    """
    _only("affine_transform", bounding_box_format, "xyxy")
    angle = ops.convert_to_tensor(angle)
    dtype = angle.dtype
    across, down = width - 1, height - 1
    middle_x = ops.cast((0.5 if center_x is None else center_x) * across, dtype)
    middle_y = ops.cast((0.5 if center_y is None else center_y) * down, dtype)
    turn, lean_x, lean_y = (value * (-math.pi / 180) for value in (angle, shear_x, shear_y))
    from_x, from_y = middle_x - translate_x * across, middle_y - translate_y * down

    a = ops.cos(turn - lean_y) / ops.cos(lean_y)
    b = a * ops.tan(lean_x) + ops.sin(turn)
    c = -ops.sin(turn - lean_y) / ops.cos(lean_y)
    d = ops.cos(turn) - c * ops.tan(lean_x)

    def column(value: Any) -> Any:  # one number per image against (batch, n)
        value = ops.cast(value, dtype)
        return ops.reshape(value, (-1, 1)) if value.ndim else value

    x1, y1, x2, y2 = (ops.squeeze(part, axis=-1) for part in _parts(ops.cast(boxes, dtype)))
    xs, ys = [], []
    for x, y in ((x1, y1), (x2, y1), (x2, y2), (x1, y2)):
        x, y = x - column(from_x), y - column(from_y)
        xs.append(column(d * scale) * x - column(b * scale) * y + column(middle_x))
        ys.append(column(a * scale) * y - column(c * scale) * x + column(middle_y))
    over_x, over_y = ops.stack(xs, axis=-1), ops.stack(ys, axis=-1)
    ends = [f(part, axis=-1) for f in (ops.min, ops.max) for part in (over_x, over_y)]
    return ops.stack(ends, axis=-1)


def encode_box_to_deltas(
    anchors: Any,
    boxes: Any,
    anchor_format: str,
    box_format: str,
    encoding_format: str = "center_yxhw",
    variance: Any = None,
    image_shape: Any = None,
) -> Any:
    """How boxes differ from `anchors`: the shift in sizes of the anchor, and the logarithm of the ratio of sizes.

    `encoding_format` is 'center_yxhw' or 'center_xywh'. The result is divided by the four numbers of `variance`.
    `image_shape` (height, width, channels) is needed for relative formats.
    """
    _check_encoding("encoding_format", encoding_format)
    height, width, _ = (None, None, None) if image_shape is None else image_shape
    anchors = convert_format(anchors, anchor_format, encoding_format, height, width)
    boxes = convert_format(boxes, box_format, encoding_format, height, width)
    sizes = ops.maximum(anchors[..., 2:], config.epsilon())
    wanted = ops.maximum(boxes[..., 2:], config.epsilon())
    deltas = _join((boxes[..., :2] - anchors[..., :2]) / sizes, ops.log(wanted / sizes))
    return deltas if variance is None else deltas / _variance(variance)


def decode_deltas_to_boxes(
    anchors: Any,
    boxes_delta: Any,
    anchor_format: str,
    box_format: str,
    encoded_format: str = "center_yxhw",
    variance: Any = None,
    image_shape: Any = None,
) -> Any:
    """The boxes of which `encode_box_to_deltas` gave the differences; dicts of levels too."""
    _check_encoding("encoded_format", encoded_format)
    height, width, _ = (None, None, None) if image_shape is None else image_shape
    factors = None if variance is None else _variance(variance)

    def decode(anchor: Any, delta: Any) -> Any:
        anchor = convert_format(anchor, anchor_format, encoded_format, height, width)
        delta = ops.convert_to_tensor(delta) if factors is None else ops.convert_to_tensor(delta) * factors
        sizes = anchor[..., 2:]
        found = _join(delta[..., :2] * sizes + anchor[..., :2], ops.exp(delta[..., 2:]) * sizes)
        return convert_format(found, encoded_format, box_format, height, width)

    if isinstance(anchors, dict) and isinstance(boxes_delta, dict):
        return {level: decode(anchor, boxes_delta[level]) for level, anchor in anchors.items()}
    return decode(anchors, boxes_delta)


def _variance(variance: Any) -> Any:
    variance = ops.convert_to_tensor(variance, "float32")
    if variance.shape[-1:] != (4,):
        raise ValueError(explain("`variance` does not fit.", "four numbers", f"shape {variance.shape}", "pass four."))
    return variance


def _check_encoding(name: str, value: str) -> None:
    if value not in ("center_xywh", "center_yxhw"):
        raise ValueError(
            explain(
                f"`{name}` is no encoding of differences.",
                "'center_xywh' or 'center_yxhw'",
                f"{name}={value!r}",
                "use one of both.",
            )
        )


def compute_iou(
    boxes1: Any,
    boxes2: Any,
    bounding_box_format: str,
    use_masking: bool = False,
    mask_val: float = -1,
    image_shape: Any = None,
) -> Any:
    """Intersection over union of each of `boxes1` (n, 4) with each of `boxes2` (m, 4): (n, m). Both may be batches.

    With `use_masking`, pairs with a box of negative coordinates only get `mask_val`. `image_shape` (height, width,
    channels) is needed for relative formats.
    """
    height, width, _ = (None, None, None) if image_shape is None else image_shape
    first, second = (convert_format(boxes, bounding_box_format, "yxyx", height, width) for boxes in (boxes1, boxes2))
    for boxes in (first, second):
        if boxes.ndim not in (2, 3):
            raise ValueError(
                explain("compute_iou: the rank does not fit.", "2 or 3 axes", f"shape {boxes.shape}", "reshape them.")
            )
    a = [ops.expand_dims(p, -1) for p in ops.unstack(first, axis=-1)]
    b = [ops.expand_dims(p, -2) for p in ops.unstack(second, axis=-1)]
    down = ops.maximum(ops.minimum(a[2], b[2]) - ops.maximum(a[0], b[0]), 0)
    across = ops.maximum(ops.minimum(a[3], b[3]) - ops.maximum(a[1], b[1]), 0)
    common = down * across
    areas = [(p[2] - p[0]) * (p[3] - p[1]) for p in (a, b)]
    result = common / (areas[0] + areas[1] - common + config.epsilon())
    if not use_masking:
        return result
    outside = [ops.expand_dims(ops.max(boxes, axis=-1) < 0, axis) for boxes, axis in ((first, -1), (second, -2))]
    return ops.where(ops.logical_or(*outside), ops.cast(mask_val, result.dtype), result)


def compute_ciou(boxes1: Any, boxes2: Any, bounding_box_format: str, image_shape: Any = None) -> Any:
    """Complete intersection over union of pairs of boxes (Zheng et al. 2020): also distance and proportions count."""
    if "rel" in bounding_box_format:
        raise ValueError(
            explain(
                "compute_ciou: relative boxes cannot be compared.",
                "boxes in pixels",
                f"bounding_box_format={bounding_box_format!r}",
                "use convert_format first.",
            )
        )
    epsilon = config.epsilon()
    ax1, ay1, ax2, ay2 = ops.unstack(convert_format(boxes1, bounding_box_format, "xyxy"), axis=-1)
    bx1, by1, bx2, by2 = ops.unstack(convert_format(boxes2, bounding_box_format, "xyxy"), axis=-1)
    width_a, height_a = ax2 - ax1, ay2 - ay1 + epsilon
    width_b, height_b = bx2 - bx1, by2 - by1 + epsilon
    across = ops.maximum(ops.minimum(ax2, bx2) - ops.maximum(ax1, bx1), 0)
    down = ops.maximum(ops.minimum(ay2, by2) - ops.maximum(ay1, by1), 0)
    common = across * down
    iou = common / (width_a * height_a + width_b * height_b - common + 2 * epsilon)
    around = (ops.maximum(ax2, bx2) - ops.minimum(ax1, bx1)) ** 2
    around = around + (ops.maximum(ay2, by2) - ops.minimum(ay1, by1)) ** 2 + epsilon
    distance = ((ax1 + ax2 - bx1 - bx2) / 2) ** 2 + ((ay1 + ay2 - by1 - by2) / 2) ** 2
    shape = (4 / math.pi**2) * (ops.arctan(width_b / height_b) - ops.arctan(width_a / height_a)) ** 2
    return iou - (distance / around + shape * shape / (shape - iou + 1 + epsilon))
