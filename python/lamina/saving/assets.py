"""Files that layers keep beside their weights, such as vocabularies: each object has a folder of its own."""

from __future__ import annotations

import os
from typing import Any

from ..checks import explain
from .zip_file import refused


class AssetFolders:
    """The folders of objects below `root`, by their paths in the model."""

    def __init__(self, root: str) -> None:
        self._root = root

    def _folder(self, path: str) -> str:
        parts = path.split("/") if path else []
        if any(part in ("", ".", "..") or "\\" in part or "\0" in part or os.path.isabs(part) for part in parts):
            raise refused(self._root, "a path of assets leads elsewhere", repr(path[:80]))
        return os.path.join(self._root, *parts)

    def make(self, path: str) -> str:
        """The folder of the object at `path`, made if it is not there."""
        folder = self._folder(path)
        os.makedirs(folder, exist_ok=True)
        return folder

    def get(self, path: str) -> str | None:
        """The folder of the object at `path`, or None. ValueError for links in it or on the way."""
        folder = self._root
        for part in ["", *os.path.relpath(self._folder(path), self._root).split(os.sep)]:
            folder = os.path.normpath(os.path.join(folder, part))
            if os.path.islink(folder):
                raise refused(self._root, "an asset is a link", repr(folder))
        if not os.path.isdir(folder):
            return None
        for above, folders, files in os.walk(folder):
            for name in (*folders, *files):
                if os.path.islink(os.path.join(above, name)):
                    raise refused(self._root, "an asset is a link", repr(name))
        return folder


def kept_texts(model: Any) -> list[Any]:
    """What layers keep beside their weights, as texts: [number of the layer, {name: text}]."""
    return [[i, layer.assets()] for i, layer in enumerate(model._flatten_layers()) if hasattr(layer, "take_assets")]


def take_texts(model: Any, records: Any) -> None:
    """Gives layers the files that were kept for them, such as vocabularies. ValueError for what no file has."""
    layers = dict(enumerate(model._flatten_layers()))
    for record in records if isinstance(records, list) else [records]:
        number, files = record if isinstance(record, list) and len(record) == 2 else (None, None)
        layer = layers.get(number) if isinstance(number, int) else None
        right = isinstance(files, dict) and all(isinstance(text, str) for text in files.values())
        take = getattr(layer, "take_assets", None)
        try:
            if take is None or not right:
                raise ValueError(f"{type(layer).__name__} takes none")
            take(files)
        except (KeyError, RecursionError, TypeError, ValueError) as error:
            raise ValueError(
                explain(
                    "The file keeps texts for a layer that the model does not have.",
                    "[number of a layer, {name: text}]",
                    f"{record!r:.80} ({error!s:.300})",
                    "save the model again.",
                )
            ) from None
