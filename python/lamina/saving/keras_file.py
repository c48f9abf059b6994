"""Whole models in files of Keras 3: `.keras`, a ZIP file, or a folder with the same members."""

from __future__ import annotations

import datetime
import io
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from .assets import AssetFolders
from .atomic import replacing
from .budget import weight_budget
from .hdf5 import held_in, opened
from .json_text import read_json
from .paths import need_file
from .registration import CustomObjectScope
from .weights_file import WeightsStore, load_state, write_weights
from .zip_file import ModelArchive, refused

KERAS_VERSION = "3.15.1"  # whose format is written
_METADATA, _CONFIG, _WEIGHTS, _ASSETS = "metadata.json", "config.json", "model.weights.h5", "assets"
_MOST_JSON = 1 << 28  # bytes


def save_keras_file(model: Any, target: Any) -> None:
    """Writes a `.keras` file to a path or into a file object."""
    if hasattr(target, "write"):
        _write_zip(model, target)
        return
    with replacing(target) as temporary, open(temporary, "wb") as file:
        _write_zip(model, file)


def save_keras_folder(model: Any, folder: str) -> None:
    """Writes the members of a `.keras` file into a folder, each of them whole or not at all."""
    os.makedirs(folder, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        assets = AssetFolders(os.path.join(temporary, _ASSETS))
        with ExitStack() as stack:
            for name, text in _texts(model).items():
                path = stack.enter_context(replacing(os.path.join(folder, name)))
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)
            write_weights(model, stack.enter_context(replacing(os.path.join(folder, _WEIGHTS))), assets)
        made, old = os.path.join(temporary, _ASSETS), os.path.join(folder, _ASSETS)
        if os.path.isdir(old) and not os.path.islink(old):
            shutil.rmtree(old)
        if os.path.isdir(made):
            os.rename(made, old)


def _texts(model: Any) -> dict[str, str]:
    from .. import __version__
    from .serialization import serialize_keras_object

    saved = datetime.datetime.now().strftime("%Y-%m-%d@%H:%M:%S")
    metadata = {"keras_version": KERAS_VERSION, "date_saved": saved, "lamina_version": __version__}
    return {_METADATA: json.dumps(metadata), _CONFIG: json.dumps(serialize_keras_object(model))}


def _write_zip(model: Any, file: Any) -> None:
    texts = _texts(model)
    weights = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        write_weights(model, weights, AssetFolders(folder))
        for name, text in texts.items():
            archive.writestr(name, text)
        archive.writestr(_WEIGHTS, weights.getbuffer())
        for above, _, names in sorted(os.walk(folder)):
            for name in sorted(names):
                path = os.path.join(above, name)
                archive.write(path, f"{_ASSETS}/{os.path.relpath(path, folder).replace(os.sep, '/')}")


def load_keras_file(source: Any, custom_objects: dict[str, Any] | None, compile: bool) -> Any:
    """The model of a `.keras` file: a path or a file object."""
    with ModelArchive(source, getattr(source, "name", source)) as archive, ExitStack() as stack:
        config = archive.read(_need(archive.__contains__, _CONFIG, archive.name), _MOST_JSON)
        weights = stack.enter_context(_weights_of(archive))

        def assets() -> Any:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            return AssetFolders(folder) if archive.extract(_ASSETS, folder) else None

        return _load(config, weights, assets, str(archive.name), custom_objects, compile)


def load_keras_folder(folder: str, custom_objects: dict[str, Any] | None, compile: bool) -> Any:
    """The model in a folder with the members of a `.keras` file. ValueError for links in it."""

    def is_there(name: str) -> bool:
        path = os.path.join(folder, name)
        if os.path.islink(path):
            raise refused(folder, "a member is a link", repr(name))
        return os.path.exists(path)

    path = os.path.join(folder, _need(is_there, _CONFIG, folder))
    if os.path.getsize(path) > _MOST_JSON:
        raise refused(folder, f"{_CONFIG!r} is too large", f"{os.path.getsize(path)} bytes, more than {_MOST_JSON}")
    with open(path, "rb") as file:
        config = file.read()
    weights = os.path.join(folder, _need(is_there, _WEIGHTS, folder))
    assets = AssetFolders(os.path.join(folder, _ASSETS)) if is_there(_ASSETS) else None
    with opened(weights, weights) as file:
        return _load(config, file, lambda: assets, folder, custom_objects, compile)


def is_keras_folder(path: Any) -> bool:
    """Whether there is a model in that folder."""
    return os.path.isdir(path) and os.path.exists(os.path.join(path, _CONFIG))


@contextmanager
def opened_weights(path: str) -> Iterator[Any]:
    """The HDF5 file in a `.keras` file."""
    need_file(path)
    with ModelArchive(path, path) as archive, _weights_of(archive) as weights:
        yield weights


@contextmanager
def open_parts(path: str) -> Iterator[tuple[list[bytes], Any]]:
    """The texts of configuration and metadata in a `.keras` file, and its HDF5 file."""
    need_file(path, ValueError)
    with ModelArchive(path, path) as archive, _weights_of(archive) as weights:
        texts = [archive.read(_need(archive.__contains__, name, path), _MOST_JSON) for name in (_CONFIG, _METADATA)]
        yield texts, weights


@contextmanager
def _weights_of(archive: ModelArchive) -> Iterator[Any]:
    name = _need(archive.__contains__, _WEIGHTS, archive.name)
    with opened(io.BytesIO(archive.read(name)), f"{archive.name}/{name}") as weights:
        yield weights


def _need(is_there: Callable[[str], bool], name: str, where: Any) -> str:
    if not is_there(name):
        raise refused(where, f"it has no {name!r}", "other members")
    return name


def _load(
    config: bytes,
    weights: Any,
    assets: Callable[[], Any],
    where: str,
    custom_objects: dict[str, Any] | None,
    compile: bool,
) -> Any:
    from ..layers.layer import Layer
    from .serialization import deserialize_keras_object

    record = read_json(config, where)
    if not isinstance(record, dict) or "class_name" not in record:
        raise refused(where, f"{_CONFIG!r} describes no model", f"{record!r:.80}")
    compile_config = record.pop("compile_config", None)
    with weight_budget(held_in(weights), where), CustomObjectScope(custom_objects):
        model = deserialize_keras_object(record)
        if not isinstance(model, Layer):
            raise refused(where, f"{_CONFIG!r} describes no model", f"a {type(model).__name__}")
        if compile and compile_config and hasattr(model, "compile_from_config"):
            model.compile_from_config(compile_config)
        load_state(model, WeightsStore(weights), where, assets())
    return model
