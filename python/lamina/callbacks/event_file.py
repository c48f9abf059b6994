"""Event files as TensorBoard reads them: records with checksums around protocol buffers `Event`.

Sources: tensorflow/core/lib/io/record_writer (framing), tensorboard/compat/proto (event, summary, tensor).
"""

from __future__ import annotations

import itertools
import os
import socket
import struct
import time
import zlib
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from ..saving.atomic import growing

_numbers = itertools.count()


def _table() -> list[int]:
    """CRC-32C (Castagnoli) of every byte."""
    entries = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        entries.append(value)
    return entries


_TABLE = _table()


def masked_crc(data: bytes) -> int:
    """The CRC-32C of `data`, rotated and shifted as records hold it."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


# Protocol buffers: a field is its number and kind (0 varint, 1 eight bytes, 2 bytes of a length), then its value.


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _int(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes | str) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _double(field: int, value: float) -> bytes:
    return _varint(field << 3 | 1) + struct.pack("<d", value)


def _tensor(values: Any) -> bytes:
    """A TensorProto: float32 or float64 numbers, or a list of bytes."""
    if isinstance(values, list):
        kind, shape, content = 7, (len(values),), b"".join(_bytes(8, value) for value in values)
    else:
        array = np.asarray(values, order="C")
        kind, shape = (1 if array.dtype == np.float32 else 2), array.shape
        content = _bytes(4, array.astype(array.dtype.newbyteorder("<")).tobytes())
    return _int(1, kind) + _bytes(2, b"".join(_bytes(2, _int(1, size)) for size in shape)) + content


def _summary(tag: str, tensor: Any, plugin: str, data_class: int, content: bytes = b"") -> bytes:
    """A Summary of one value. Data classes: 1 scalars, 2 tensors, 3 sequences of blobs."""
    about = _bytes(1, _bytes(1, plugin) + (_bytes(2, content) if content else b""))
    about += _int(4, data_class) if data_class else b""
    return _bytes(1, _bytes(1, tag) + _bytes(9, about) + _bytes(8, _tensor(tensor)))


class EventFile:
    """A new event file in `folder`, which is made if it is not there. OSError when it cannot be written.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = EventFile(folder)
    ...     file.scalar("loss", 0.5, step=1)
    ...     file.close()
    """

    def __init__(self, folder: str) -> None:
        now = time.time()
        name = f"events.out.tfevents.{int(now):010d}.{socket.gethostname()}.{os.getpid()}.{next(_numbers)}.v2"
        self._path = os.path.join(folder, name)
        with self._named():
            os.makedirs(folder, exist_ok=True)
            self._file = open(self._path, "wb")  # noqa: SIM115 (closed by close)
        self._write(_double(1, now) + _bytes(3, "brain.Event:2"))

    def _write(self, event: bytes) -> None:
        length = struct.pack("<Q", len(event))
        record = length + struct.pack("<I", masked_crc(length)) + event + struct.pack("<I", masked_crc(event))
        with self._named():
            self._file.write(record)

    def _named(self) -> AbstractContextManager[None]:
        return growing(self._path, "TensorBoard: the logs")

    def _add(self, summary: bytes, step: int) -> None:
        self._write(_double(1, time.time()) + _int(2, int(step)) + _bytes(5, summary))

    def scalar(self, tag: str, value: float, step: int) -> None:
        """A number."""
        self._add(_summary(tag, np.float32(value), "scalars", 1), step)

    def histogram(self, tag: str, values: np.ndarray, step: int, buckets: int = 30) -> None:
        """How the finite ones of `values` spread: (left, right, count) of each bucket."""
        values = np.asarray(values, "float64").reshape(-1)
        values = values[np.isfinite(values)]
        rows = np.zeros((0, 3))
        if values.size and values.min() == values.max():  # TensorBoard's own writer: one bucket of width 1
            rows = np.array([[values[0] - 0.5, values[0] + 0.5, values.size]])
        elif values.size:
            counts, edges = np.histogram(values, buckets)
            rows = np.stack([edges[:-1], edges[1:], counts], axis=1)
        self._add(_summary(tag, rows, "histograms", 2), step)

    def image(self, tag: str, images: np.ndarray, step: int) -> None:
        """Pictures, uint8 of shape (count, height, width, channels) with 1, 3 or 4 channels."""
        _, height, width, _ = images.shape
        blobs = [str(width).encode(), str(height).encode(), *map(png, images)]
        self._add(_summary(tag, blobs, "images", 3), step)

    def text(self, tag: str, text: str, step: int) -> None:
        """Markdown."""
        self._add(_summary(tag, [text.encode()], "text", 2), step)

    def keras_model(self, tag: str, config: str) -> None:
        """The graph of a model, from its configuration as JSON."""
        self._add(_summary(tag, [config.encode()], "graph_keras_model", 0, b"1"), 0)

    def flush(self) -> None:
        """Hands everything to the system."""
        with self._named():
            self._file.flush()

    def close(self) -> None:
        """Ends the file."""
        with self._named():
            self._file.close()


def png(image: np.ndarray) -> bytes:
    """A picture, uint8 of shape (height, width, channels) with 1, 3 or 4 channels, as a PNG file."""
    height, width, channels = image.shape

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, {1: 0, 3: 2, 4: 6}[channels], 0, 0, 0)
    rows = np.concatenate([np.zeros((height, 1), "uint8"), image.reshape(height, width * channels)], axis=1)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows.tobytes()))
        + chunk(b"IEND", b"")
    )
