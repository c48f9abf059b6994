"""Files that layers keep beside their weights, such as vocabularies: each object has a folder of its own."""

from __future__ import annotations

import os

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
