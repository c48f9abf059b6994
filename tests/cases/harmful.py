"""What the tests of files that are made to do harm have in common: a good model, its files, and what an error says."""

import json
import zipfile

import pytest

import lamina
from lamina import layers


def model():
    made = lamina.Sequential([lamina.Input((3,)), layers.Dense(2, name="d")], name="m")
    made.compile("adam", "mse")
    made.optimizer.build(made.trainable_variables)
    return made


def write(path, parts, *, compression=zipfile.ZIP_STORED, extra=(), without=()):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in [*parts.items(), *extra]:
            if name not in without:
                archive.writestr(name, data)
    return path


def changed(parts, change):
    config = json.loads(parts["config.json"])
    new = change(config)
    return {**parts, "config.json": json.dumps(config if new is None else new)}


def refused(function, *args, match=None, **kwargs):
    """The text of the ValueError or TypeError: it says what was expected and how to go on."""
    with pytest.raises((ValueError, TypeError), match=match) as caught:
        function(*args, **kwargs)
    assert "Expected" in str(caught.value) or "could not be" in str(caught.value), caught.value
    return str(caught.value)
